#include <rondeau/detail/registration.h>

#include "reactor/reactor.h"

namespace rondeau::detail {

Result<Registration> Registration::make(reactor::Reactor& reactor, int descriptor, std::uint32_t ready) {
  RONDEAU_TRY_PLAIN(reactor::Record * record, reactor.add(descriptor, ready));
  Registration made;
  made.reactor_ = &reactor;
  made.record_ = record;
  made.descriptor_ = descriptor;
  return made;
}

int Registration::reset() noexcept {
  if (record_ == nullptr) return -1;
  const int descriptor = std::exchange(descriptor_, -1);
  // The reactor may be gone after this.
  std::exchange(reactor_, nullptr)->remove(std::exchange(record_, nullptr), descriptor);
  return descriptor;
}

std::shared_ptr<void> Registration::driver_memory() const noexcept {
  return reactor_->memory();
}

base::Driver& Registration::driver() const noexcept {
  return reactor_->driver();
}

Readiness Registration::readiness() const noexcept {
  return Readiness(record_->readiness.load());
}

void Registration::clear(std::uint32_t bits, Readiness seen) const noexcept {
  record_->readiness.clear(bits, seen.tick());
}

bool Registration::start_wait(Waiter& waiter) const noexcept {
  return record_->readiness.start_wait(waiter);
}

void Registration::end_wait(Waiter& waiter) const noexcept {
  record_->readiness.end_wait(waiter);
}

}  // namespace rondeau::detail
