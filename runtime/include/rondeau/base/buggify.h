// RONDEAU_BUGGIFY: a branch that is rarely taken, taken often in simulated runs.
#pragma once

#include <string_view>

namespace rondeau::base {

/// Who says which rare branches are taken on a thread.
class Buggifier {
 public:
  virtual bool takes(std::string_view place) noexcept = 0;

 protected:
  ~Buggifier() = default;
};

/// For simulations, while they play on this thread. Null: none is taken. Returns the one before.
Buggifier* set_buggifier(Buggifier* buggifier) noexcept;

/// Never inlined: a coroutine may go on on another thread.
bool buggify(std::string_view place) noexcept;

}  // namespace rondeau::base

/// True where a rare branch is to be taken although nothing calls for it, which only happens while a sim::Runtime plays on
/// this thread: a place is on in some of the runs, chosen by its name and the seed, and there in a quarter of the calls
/// (sim::Faults::buggify). A literal false where NDEBUG is defined, so a release build has nothing of it, and a simulation
/// compiled so takes no such branch.
///
/// For what may happen at any time, and seldom does: a write that is cut short, a queue that is full, a cache that is
/// empty. The name says the room and what happens; two places of one name are one place. Belongs into .cpp files: a
/// header's function must be the same in a library and in its user.
///
/// `if (queue_.full() || RONDEAU_BUGGIFY("mail: the queue is full")) return Errc::Overloaded;`
#ifdef NDEBUG
#define RONDEAU_BUGGIFY(name) false
#else
#define RONDEAU_BUGGIFY(name) ::rondeau::base::buggify(name)
#endif
