#define _GNU_SOURCE
#include "CLinux.h"
#include <pthread.h>
#include <sys/resource.h>
#include <wchar.h>

int laurel_accept(int fd, struct sockaddr *address, socklen_t *length) {
  return accept4(fd, address, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

int laurel_name_thread(const char *name) {
  return pthread_setname_np(pthread_self(), name);
}

void laurel_lower_priority(void) {
  // Lowering needs no right, so it cannot fail.
  setpriority(PRIO_PROCESS, 0, 10);
}

int laurel_columns(unsigned int scalar) {
  return wcwidth((wchar_t)scalar);
}
