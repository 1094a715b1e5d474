#include "fuzz/crash/trial.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "ci/unit.h"
#include "fuzz/crash/failure.h"
#include "fuzz/crash/test_mistake.h"

static const struct op_config config = {OP_POLICY_DEFAULT, OP_FRAMES_DEFAULT,
                                        OP_WINDOW_PAGES_DEFAULT};
static const struct op two_blocks_reclaimed[] = {
    {OP_ALLOC, 0, 100, 0}, {OP_ALLOC, 1, 8, 0}, {.kind = OP_RECLAIM, .size = 1}};

static struct trial trial;

static void run_with(enum test_mistake mistake)
{
    test_mistake = mistake;
    EXPECT(trial_run(&config, two_blocks_reclaimed, 3, &trial));
}

static void expect_words(const char *words)
{
    struct line line;
    struct failure failure = failure_of(&trial);
    failure_words(&failure, &line);
    EXPECT(strcmp(line.text, words) == 0);
}

static void expect_line(const char *text)
{
    struct line line;
    trial_line(&trial, "it", &line);
    EXPECT(strncmp(line.text, text, strlen(text)) == 0);
}

TEST(what_is_well_is_told_as_a_replay_tells_it)
{
    struct verdict verdict;
    run_with(MISTAKE_NONE);
    EXPECT_EQUAL(trial.end, TRIAL_OK);
    EXPECT(host_run_ops(&config, two_blocks_reclaimed, 3, OP_SLOTS, &(struct host_options){0},
                        &verdict) == NULL);
    EXPECT(verdict.ok);
    EXPECT_EQUAL(trial.verdict.digest, verdict.digest);
    expect_line("it ok operations=3 applied=3 digest=");
    expect_words("no failure");
}

TEST(a_broken_rule_has_its_evidence)
{
    struct line line;
    run_with(MISCOUNTS);
    EXPECT_EQUAL(trial.end, TRIAL_RULE);
    EXPECT_EQUAL(trial.verdict.violation.rule, RULE_H7);
    EXPECT_EQUAL(trial.verdict.operation, 3);
    EXPECT_EQUAL(trial.op.kind, OP_RECLAIM);
    trial_evidence(&trial, &line);
    EXPECT(strncmp(line.text, "H7: ", 4) == 0);
    expect_line("it violation rule=H7 operation=3 ");
}

TEST(a_crash_says_which_signal_at_which_operation)
{
    struct line line;
    run_with(CRASHES);
    EXPECT_EQUAL(trial.end, TRIAL_CRASH);
    EXPECT_EQUAL(trial.signal, SIGABRT);
    EXPECT_EQUAL(trial.verdict.operation, 3);
    EXPECT_EQUAL(trial.op.kind, OP_RECLAIM);
    trial_evidence(&trial, &line);
    EXPECT(strncmp(line.text, "crash: the process died of signal 6, ", 37) == 0);
    expect_line("it violation rule=crash operation=3");
    expect_words("crash by signal 6 in reclaim");
}

TEST(a_hang_is_ended)
{
    run_with(HANGS);
    EXPECT_EQUAL(trial.end, TRIAL_HANG);
    EXPECT_EQUAL(trial.verdict.operation, 3);
    expect_line("it violation rule=hang operation=3");
    expect_words("hang in reclaim");
}

TEST(an_operation_that_hangs_does_not_get_the_whole_time_of_a_long_trial)
{
    struct trials trials;
    struct rusage used;
    test_mistake = HANGS;
    EXPECT(trials_open(&trials, 3, 600));
    EXPECT(trials_run(&trials, &config, two_blocks_reclaimed, 3, OP_SLOTS, &trial));
    trials_close(&trials);
    EXPECT_EQUAL(trial.end, TRIAL_HANG);
    EXPECT_EQUAL(trial.verdict.operation, 3);
    EXPECT(getrusage(RUSAGE_CHILDREN, &used) == 0 && used.ru_utime.tv_sec < 60);
}

TEST(a_machine_that_this_process_cannot_have_is_refused)
{
    const struct op_config large = {OP_POLICY_DEFAULT, 64, OP_WINDOW_PAGES_MAX + 1u};
    test_mistake = MISTAKE_NONE;
    EXPECT(trial_run(&large, two_blocks_reclaimed, 3, &trial));
    EXPECT_EQUAL(trial.end, TRIAL_REFUSED);
    EXPECT(trial.why != NULL);
}

TEST(trials_go_on_after_one_that_crashed)
{
    struct trials trials;
    test_mistake = CRASHES;
    EXPECT(trials_open(&trials, 3, 10));
    for (uint32_t i = 0; i < 6u; i++) {
        uint32_t count = i % 2u == 0 ? 3u : 2u;
        EXPECT(trials_run(&trials, &config, two_blocks_reclaimed, count, OP_SLOTS, &trial));
        EXPECT_EQUAL(trial.end, count == 3u ? TRIAL_CRASH : TRIAL_OK);
    }
    EXPECT_EQUAL(trials.count, 6);
    trials_close(&trials);
}

static volatile sig_atomic_t stop;

static void stop_now(int signal_number)
{
    (void)signal_number;
    stop = 1;
}

TEST(a_trial_that_hangs_can_be_stopped)
{
    struct trials trials;
    struct sigaction action = {.sa_handler = stop_now};
    test_mistake = HANGS;
    stop = 0;
    EXPECT_EQUAL(sigaction(SIGALRM, &action, NULL), 0);
    EXPECT(trials_open(&trials, 3, 100));
    trials.stop = &stop;
    (void)alarm(1);
    EXPECT(!trials_run(&trials, &config, two_blocks_reclaimed, 3, OP_SLOTS, &trial));
    EXPECT_EQUAL(stop, 1);
    trials_close(&trials);
}

TEST(failures_differ_by_rule_check_signal_and_operation)
{
    struct failure rule = {.end = TRIAL_RULE, .rule = RULE_H2, .what = "footer at"};
    struct failure other = rule;
    EXPECT(failure_same(&rule, &other));
    other.what = "header at";
    EXPECT(!failure_same(&rule, &other));
    other = rule;
    other.rule = RULE_H1;
    EXPECT(!failure_same(&rule, &other));
    struct failure crash = {.end = TRIAL_CRASH, .signal = SIGSEGV, .kind = OP_FREE};
    EXPECT(!failure_same(&rule, &crash));
    other = crash;
    EXPECT(failure_same(&crash, &other));
    other.signal = SIGILL;
    EXPECT(!failure_same(&crash, &other));
    other = crash;
    other.kind = OP_ALLOC;
    EXPECT(!failure_same(&crash, &other));
}

int main(void)
{
    RUN(what_is_well_is_told_as_a_replay_tells_it);
    RUN(a_broken_rule_has_its_evidence);
    RUN(a_crash_says_which_signal_at_which_operation);
    RUN(a_hang_is_ended);
    RUN(an_operation_that_hangs_does_not_get_the_whole_time_of_a_long_trial);
    RUN(a_machine_that_this_process_cannot_have_is_refused);
    RUN(trials_go_on_after_one_that_crashed);
    RUN(a_trial_that_hangs_can_be_stopped);
    RUN(failures_differ_by_rule_check_signal_and_operation);
    return 0;
}
