// Files of this repository that travel inside the binary.
#ifndef CFILES_H
#define CFILES_H

#include <stddef.h>

typedef struct {
  /// The file's path in the repository.
  const char *path;
  const unsigned char *bytes;
  size_t count;
} laurel_file;

/// All of them, in ascending order of path; a null path ends the list. A test compares it with the folders.
const laurel_file *laurel_files(void);

#endif
