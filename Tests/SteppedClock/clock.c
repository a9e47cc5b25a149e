// Loaded before a program (LD_PRELOAD), moves its wall clock by as many seconds as stand in the file that STEPPED_CLOCK
// names: eight bytes, in the machine's order, read anew at each look at the clock. Monotonic clocks stay as they are. Programs
// that it starts go by the same clock, also those that are given an environment of their own, unless that names another.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

typedef const volatile int64_t *step_pointer;

static int64_t step(void) {
  static _Atomic(step_pointer) shared;
  step_pointer found = atomic_load(&shared);
  if (!found) {
    int file = open(getenv("STEPPED_CLOCK"), O_RDONLY | O_CLOEXEC);
    void *memory = mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, file, 0);
    // A test must not run on the right time unnoticed.
    if (memory == MAP_FAILED) abort();
    close(file);
    found = memory;
    atomic_store(&shared, found);
  }
  return *found;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
  int result = (int)syscall(SYS_clock_gettime, clock, now);
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += step();
  return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  int result = (int)syscall(SYS_gettimeofday, now, zone);
  if (result == 0) now->tv_sec += step();
  return result;
}

time_t time(time_t *now) {
  struct timespec exact;
  clock_gettime(CLOCK_REALTIME, &exact);
  if (now) *now = exact.tv_sec;
  return exact.tv_sec;
}

// The variable of that name in an environment, as `NAME=value`.
static char *variable(char *const environment[], const char *name) {
  size_t length = strlen(name);
  for (; *environment; environment++)
    if (strncmp(*environment, name, length) == 0 && (*environment)[length] == '=') return *environment;
  return NULL;
}

int posix_spawn(pid_t *restrict process, const char *restrict path, const posix_spawn_file_actions_t *restrict actions,
                const posix_spawnattr_t *restrict attributes, char *const arguments[restrict],
                char *const environment[restrict]) {
  typeof(posix_spawn) *spawn = (typeof(posix_spawn) *)dlsym(RTLD_NEXT, "posix_spawn");
  char *preload = variable(environ, "LD_PRELOAD"), *clock = variable(environ, "STEPPED_CLOCK");
  if (!environment || !preload || !clock || variable(environment, "LD_PRELOAD"))
    return spawn(process, path, actions, attributes, arguments, environment);
  size_t count = 0;
  while (environment[count]) count++;
  char *with_clock[count + 3];
  memcpy(with_clock, environment, count * sizeof(char *));
  with_clock[count] = preload;
  with_clock[count + 1] = clock;
  with_clock[count + 2] = NULL;
  return spawn(process, path, actions, attributes, arguments, with_clock);
}
