// Memory of one run: what its threads allocate comes from here, is checked when freed, never handed out twice, and
// counted at the end. The program that links this has operator new and delete replaced.
#pragma once

#include <cstddef>

namespace support::model::arena {

/// What is allocated from now on is the run's.
void enter() noexcept;
/// From now on it is the program's.
void leave() noexcept;
/// Forgets all of the run.
void reset() noexcept;
/// Whether AddressSanitizer is told what is freed. Not where that is to be found by the explorer itself.
void tell_sanitizer(bool tells) noexcept;
/// Blocks allocated in the run and not freed.
std::size_t live() noexcept;

/// While it lives, what is allocated is the program's: for what the explorer itself does in a run.
class Outside {
 public:
  Outside() noexcept;
  ~Outside();
  Outside(const Outside&) = delete;
  Outside& operator=(const Outside&) = delete;

 private:
  bool inside_;
};

}  // namespace support::model::arena
