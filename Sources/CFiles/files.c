#include "CFiles.h"

const laurel_file laurel_migrations[] = {
    {0, 0, 0},
};
