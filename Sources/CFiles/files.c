#include "CFiles.h"

static const unsigned char demo_company[] = {
#embed "../../demo/company.txt"
};
static const unsigned char demo_people[] = {
#embed "../../demo/people.csv"
};
static const unsigned char demo_recognitions[] = {
#embed "../../demo/recognitions.csv"
};
static const unsigned char demo_rewards[] = {
#embed "../../demo/rewards.csv"
};
static const unsigned char analyze[] = {
#embed "../../sql/analyze.sql"
};
static const unsigned char grants[] = {
#embed "../../sql/grants.sql"
};
static const unsigned char migration_0001[] = {
#embed "../../sql/migrations/0001_baseline.sql"
};
static const unsigned char query_api[] = {
#embed "../../sql/queries/api.sql"
};
static const unsigned char query_balances[] = {
#embed "../../sql/queries/balances.sql"
};
static const unsigned char query_catalogue[] = {
#embed "../../sql/queries/catalogue.sql"
};
static const unsigned char query_finance[] = {
#embed "../../sql/queries/finance.sql"
};
static const unsigned char query_leaderboards[] = {
#embed "../../sql/queries/leaderboards.sql"
};
static const unsigned char query_ledger[] = {
#embed "../../sql/queries/ledger.sql"
};
static const unsigned char query_ledger_writes[] = {
#embed "../../sql/queries/ledger_writes.sql"
};
static const unsigned char query_notifications[] = {
#embed "../../sql/queries/notifications.sql"
};
static const unsigned char query_organizations[] = {
#embed "../../sql/queries/organizations.sql"
};
static const unsigned char query_programs[] = {
#embed "../../sql/queries/programs.sql"
};
static const unsigned char query_recognitions[] = {
#embed "../../sql/queries/recognitions.sql"
};
static const unsigned char query_verify[] = {
#embed "../../sql/queries/verify.sql"
};
static const unsigned char roles[] = {
#embed "../../sql/roles.sql"
};
static const unsigned char view_calendar[] = {
#embed "../../sql/views/calendar.sql"
};
static const unsigned char view_corrections[] = {
#embed "../../sql/views/corrections.sql"
};
static const unsigned char view_decisions[] = {
#embed "../../sql/views/decisions.sql"
};
static const unsigned char view_group_allowance[] = {
#embed "../../sql/views/group_allowance.sql"
};
static const unsigned char view_may_redeem[] = {
#embed "../../sql/views/may_redeem.sql"
};
static const unsigned char view_particular[] = {
#embed "../../sql/views/particular.sql"
};
static const unsigned char view_person_balances[] = {
#embed "../../sql/views/person_balances.sql"
};
static const unsigned char view_position_by[] = {
#embed "../../sql/views/position_by.sql"
};
static const unsigned char view_ranking_scores[] = {
#embed "../../sql/views/ranking_scores.sql"
};
static const unsigned char view_recognition_feed[] = {
#embed "../../sql/views/recognition_feed.sql"
};
static const unsigned char reference_css[] = {
#embed "../../web/reference.css"
};

#define FILE_AT(path, bytes) {path, bytes, sizeof(bytes)}

static const laurel_file files[] = {
    FILE_AT("demo/company.txt", demo_company),
    FILE_AT("demo/people.csv", demo_people),
    FILE_AT("demo/recognitions.csv", demo_recognitions),
    FILE_AT("demo/rewards.csv", demo_rewards),
    FILE_AT("sql/analyze.sql", analyze),
    FILE_AT("sql/grants.sql", grants),
    FILE_AT("sql/migrations/0001_baseline.sql", migration_0001),
    FILE_AT("sql/queries/api.sql", query_api),
    FILE_AT("sql/queries/balances.sql", query_balances),
    FILE_AT("sql/queries/catalogue.sql", query_catalogue),
    FILE_AT("sql/queries/finance.sql", query_finance),
    FILE_AT("sql/queries/leaderboards.sql", query_leaderboards),
    FILE_AT("sql/queries/ledger.sql", query_ledger),
    FILE_AT("sql/queries/ledger_writes.sql", query_ledger_writes),
    FILE_AT("sql/queries/notifications.sql", query_notifications),
    FILE_AT("sql/queries/organizations.sql", query_organizations),
    FILE_AT("sql/queries/programs.sql", query_programs),
    FILE_AT("sql/queries/recognitions.sql", query_recognitions),
    FILE_AT("sql/queries/verify.sql", query_verify),
    FILE_AT("sql/roles.sql", roles),
    FILE_AT("sql/views/calendar.sql", view_calendar),
    FILE_AT("sql/views/corrections.sql", view_corrections),
    FILE_AT("sql/views/decisions.sql", view_decisions),
    FILE_AT("sql/views/group_allowance.sql", view_group_allowance),
    FILE_AT("sql/views/may_redeem.sql", view_may_redeem),
    FILE_AT("sql/views/particular.sql", view_particular),
    FILE_AT("sql/views/person_balances.sql", view_person_balances),
    FILE_AT("sql/views/position_by.sql", view_position_by),
    FILE_AT("sql/views/ranking_scores.sql", view_ranking_scores),
    FILE_AT("sql/views/recognition_feed.sql", view_recognition_feed),
    FILE_AT("web/reference.css", reference_css),
    {0, 0, 0},
};

const laurel_file *laurel_files(void) { return files; }
