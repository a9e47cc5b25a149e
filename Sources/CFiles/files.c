#include "CFiles.h"

#define FILE_OF(name, bytes) {name, bytes, sizeof(bytes)}
#define END {0, 0, 0}

static const unsigned char migration_0001[] = {
#embed "../../sql/migrations/0001_foundation.sql"
};

const laurel_file laurel_migrations[] = {FILE_OF("0001_foundation.sql", migration_0001), END};

static const unsigned char ledger[] = {
#embed "../../sql/queries/ledger.sql"
};
static const unsigned char organizations[] = {
#embed "../../sql/queries/organizations.sql"
};
static const unsigned char api[] = {
#embed "../../sql/queries/api.sql"
};
static const unsigned char recognitions[] = {
#embed "../../sql/queries/recognitions.sql"
};
static const unsigned char verify[] = {
#embed "../../sql/queries/verify.sql"
};

const laurel_file laurel_queries[] = {
    FILE_OF("api.sql", api),
    FILE_OF("ledger.sql", ledger),
    FILE_OF("organizations.sql", organizations),
    FILE_OF("recognitions.sql", recognitions),
    FILE_OF("verify.sql", verify),
    END,
};

static const unsigned char recognition_feed[] = {
#embed "../../sql/views/recognition_feed.sql"
};

const laurel_file laurel_views[] = {FILE_OF("recognition_feed.sql", recognition_feed), END};

static const unsigned char grants[] = {
#embed "../../sql/grants.sql"
};

const laurel_file laurel_grants[] = {FILE_OF("grants.sql", grants), END};
