// Files of this repository that travel inside the binary.
#ifndef CFILES_H
#define CFILES_H

#include <stddef.h>

typedef struct {
  const char *name;
  const unsigned char *bytes;
  size_t count;
} laurel_file;

/// In ascending order of name; ends with a null name.
extern const laurel_file laurel_migrations[];

#endif
