// Tells the thread sanitizer what Swift's `Mutex` does where it cannot see it.
//
// A Mutex that nobody else wants is one atomic operation, which is compiled into the caller and known to the sanitizer.
// Contended, it is locked and unlocked in Swift's library, by spinning and by futex(2); the sanitizer did not compile that,
// so each such hand-over would look like a race. Laid over that library (LD_PRELOAD), this says of each what it does. Where
// no sanitizer runs, it changes nothing.
//
// The names are those of Swift's ABI for `Synchronization._MutexHandle`, whose first bytes are the lock's word.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define TRY_LOCK "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"
#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *

__attribute__((weak)) void __tsan_acquire(void *address);
__attribute__((weak)) void __tsan_release(void *address);

SWIFT void mutex_lock(uint32_t thread, SELF handle) __asm__(LOCK);
SWIFT bool mutex_try_lock(SELF handle) __asm__(TRY_LOCK);
SWIFT void mutex_unlock(SELF handle) __asm__(UNLOCK);

SWIFT void mutex_lock(uint32_t thread, SELF handle) {
  ((SWIFT void (*)(uint32_t, SELF))dlsym(RTLD_NEXT, LOCK))(thread, handle);
  if (__tsan_acquire) __tsan_acquire(handle);
}

SWIFT bool mutex_try_lock(SELF handle) {
  bool is_locked = ((SWIFT bool (*)(SELF))dlsym(RTLD_NEXT, TRY_LOCK))(handle);
  if (is_locked && __tsan_acquire) __tsan_acquire(handle);
  return is_locked;
}

SWIFT void mutex_unlock(SELF handle) {
  // Before somebody else has it.
  if (__tsan_release) __tsan_release(handle);
  ((SWIFT void (*)(SELF))dlsym(RTLD_NEXT, UNLOCK))(handle);
}
