#include "fuzz/explain/explain_survey.h"

#include "fuzz/explain/explain_walk.h"

static void write_point(struct text *text, const struct session *session, uint32_t number)
{
    struct walk_sums sums;
    walk_sum(session, &sums);
    text_item(text, number);
    text_item(text, sums.live_bytes);
    text_item(text, sums.extent_bytes);
    text_item(text, sums.mapped_pages);
    text_item(text, sums.free_blocks);
    text_item(text, sums.free_bytes);
    text_item(text, sums.largest_free);
    text_commit(text);
}

static void after(void *context, struct session *session, uint32_t number, const struct op *op,
                  bool holds)
{
    struct survey *survey = context;
    if (!holds)
        *survey->guilty = guilty_of(session, &session->violation);
    if (number % survey->step == 0 || !holds || (op == NULL && number != 0))
        write_point(survey->text, session, number);
}

void survey_follow(struct survey *survey, uint32_t op_count, struct run_follower *follower)
{
    survey->step = (op_count + SURVEY_POINTS - 1u) / SURVEY_POINTS;
    survey->step += survey->step == 0;
    *follower = (struct run_follower){.context = survey, .after = after};
}
