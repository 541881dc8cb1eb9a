// What an awaiter waits for, as a task dump shows it.
#pragma once

#include <cstdint>
#include <string_view>

#include <rondeau/base/instant.h>

namespace rondeau::detail {

struct Strand;

/// Filled under RUNNING, so without allocating: views are of static text.
struct WaitDescription {
  std::string_view operation;                            ///< "rondeau::sync::Semaphore::Acquire"
  const void* object = nullptr;                          ///< the lock, the channel …, where it has an address
  std::uint64_t holder = 0;                              ///< the task that has what is waited for, where that is known
  int descriptor = -1;
  std::string_view direction;                            ///< of a descriptor: "readable", "writable"
  base::Instant deadline = base::Instant::far_future();  ///< of a timer
  std::uint64_t count = 0;                               ///< how many children, permits …; 0: there is no number to tell
};

/// Is shown the branches of a combinator.
class BranchVisitor {
 public:
  virtual void visit(const Strand& branch) noexcept = 0;

 protected:
  ~BranchVisitor() = default;
};

/// Is shown the ids of the children of a scope.
class ChildVisitor {
 public:
  virtual void visit(std::uint64_t task_id) noexcept = 0;

 protected:
  ~ChildVisitor() = default;
};

/// The type's name as the compiler spells it.
template <class T>
constexpr std::string_view type_name() noexcept {
  // "… type_name() [T = rondeau::time::Sleep::Wait]", with g++ "[with T = …; std::string_view = …]"
  std::string_view name = __PRETTY_FUNCTION__;
  name.remove_prefix(name.find("T = ") + 4);
  return name.substr(0, name.find_first_of(name.find(';') < name.size() ? ";" : "]"));
}

}  // namespace rondeau::detail
