#include "base/disk_faults.h"

#include <cerrno>
#include <utility>

namespace rondeau::base {
namespace {

constinit thread_local DiskFaults* faults_of_thread = nullptr;

}  // namespace

DiskFaults* set_disk_faults(DiskFaults* faults) noexcept {
  return std::exchange(faults_of_thread, faults);
}

bool disk_fails(DiskCall call) noexcept {
  if (faults_of_thread == nullptr) return false;
  const int error = faults_of_thread->error_of(call);
  if (error != 0) errno = error;
  return error != 0;
}

}  // namespace rondeau::base
