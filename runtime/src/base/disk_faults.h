// Where a simulation makes calls that go to a disk fail. The disk is the real one: a call that is to fail is not made, so
// it leaves behind what a call that failed at once leaves, which is nothing.
#pragma once

#include <cstdint>

namespace rondeau::base {

enum class DiskCall : std::uint8_t { Reads, Writes, Syncs };

class DiskFaults {
 public:
  /// The errno of a call that is not to be made; 0: it is made.
  virtual int error_of(DiskCall call) noexcept = 0;

 protected:
  ~DiskFaults() = default;
};

/// On this thread, for simulations while they play on it. Null: none. Returns the one before.
DiskFaults* set_disk_faults(DiskFaults* faults) noexcept;

/// Asked before each such call; where it is to fail, errno is set. Costs a load on a thread that may block anyway.
bool disk_fails(DiskCall call) noexcept;

}  // namespace rondeau::base
