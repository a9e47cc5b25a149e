// Files of this repository that travel inside the binary. A test compares the lists with the folders.
#ifndef CFILES_H
#define CFILES_H

#include <stddef.h>

typedef struct {
  const char *name;
  const unsigned char *bytes;
  size_t count;
} laurel_file;

/// Each list ends with a null name; migrations are in ascending order.
extern const laurel_file laurel_migrations[];
extern const laurel_file laurel_queries[];
extern const laurel_file laurel_views[];
extern const laurel_file laurel_grants[];

#endif
