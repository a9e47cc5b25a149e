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
static const unsigned char grants[] = {
#embed "../../sql/grants.sql"
};
static const unsigned char migration_0001[] = {
#embed "../../sql/migrations/0001_foundation.sql"
};
static const unsigned char query_api[] = {
#embed "../../sql/queries/api.sql"
};
static const unsigned char query_ledger[] = {
#embed "../../sql/queries/ledger.sql"
};
static const unsigned char query_organizations[] = {
#embed "../../sql/queries/organizations.sql"
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
static const unsigned char view_person_balances[] = {
#embed "../../sql/views/person_balances.sql"
};
static const unsigned char view_recognition_feed[] = {
#embed "../../sql/views/recognition_feed.sql"
};

#define FILE_AT(path, bytes) {path, bytes, sizeof(bytes)}

static const laurel_file files[] = {
    FILE_AT("demo/company.txt", demo_company),
    FILE_AT("demo/people.csv", demo_people),
    FILE_AT("demo/recognitions.csv", demo_recognitions),
    FILE_AT("sql/grants.sql", grants),
    FILE_AT("sql/migrations/0001_foundation.sql", migration_0001),
    FILE_AT("sql/queries/api.sql", query_api),
    FILE_AT("sql/queries/ledger.sql", query_ledger),
    FILE_AT("sql/queries/organizations.sql", query_organizations),
    FILE_AT("sql/queries/recognitions.sql", query_recognitions),
    FILE_AT("sql/queries/verify.sql", query_verify),
    FILE_AT("sql/roles.sql", roles),
    FILE_AT("sql/views/person_balances.sql", view_person_balances),
    FILE_AT("sql/views/recognition_feed.sql", view_recognition_feed),
    {0, 0, 0},
};

const laurel_file *laurel_files(void) { return files; }
