#include "support/model/atomic.h"

#include <bit>

namespace support::model {
namespace {

const char* name_of(std::memory_order order) noexcept {
  switch (order) {
    case std::memory_order_relaxed: return "relaxed";
    case std::memory_order_consume: return "consume";
    case std::memory_order_acquire: return "acquire";
    case std::memory_order_release: return "release";
    case std::memory_order_acq_rel: return "acq_rel";
    case std::memory_order_seq_cst: return "seq_cst";
  }
  return "?";
}

unsigned long long shown(std::uint64_t value) noexcept {
  return value;
}

}  // namespace

Location::Location(std::uint64_t first) noexcept : newest_(nullptr), number_(engine().name_object()) {
  Engine& run = engine();
  if (!run.running()) run.fail("an atomic of the explorer is made where no scenario runs");
  append(first, std::memory_order_relaxed, nullptr);
}

Location::~Location() {
  Engine& run = engine();
  if (!alive_) run.fail("an atomic is destroyed twice");
  if (!used_.before(run.clock())) run.fail("an atomic is destroyed while another thread may be using it");
  alive_ = false;
}

void Location::begin() const {
  Engine& run = engine();
  run.point();
  if (!alive_) run.fail("an atomic is used after it was destroyed");
  used_[run.self()] = run.clock()[run.self()];
}

void Location::read_from(Store& store, std::memory_order order) const {
  Engine& run = engine();
  Epoch& seen = store.seen[run.self()];
  if (seen == Clock::kNever) seen = run.clock()[run.self()];
  if (order == std::memory_order_seq_cst) store.in_total_order = true;
  if (acquires(order)) run.clock().join(store.released);
}

std::uint64_t Location::load(std::memory_order order) const {
  begin();
  Engine& run = engine();
  const bool total = order == std::memory_order_seq_cst;
  std::array<Store*, 24> allowed;
  unsigned count = 0;
  for (Store* store = newest_;; store = store->older) {
    if (store == nullptr) run.fail("an atomic is read by a thread that may not know yet that it was made");
    if (count < allowed.size()) allowed[count++] = store;
    if (store->epoch <= run.clock()[store->thread] || store->seen.any_before(run.clock())) break;
    if (total && store->in_total_order) break;
  }
  unsigned chosen = 0;
  if (count > 1 && run.stale_left() != 0) {
    chosen = run.choose(count);
    if (chosen != 0) run.use_stale();
  }
  Store& store = *allowed[chosen];
  read_from(store, order);
  if (run.telling()) {
    run.tell("a%u.load(%s) = %#llx%s", number_, name_of(order), shown(store.value),
             chosen != 0 ? ", an old value" : "");
  }
  run.step();
  return store.value;
}

void Location::append(std::uint64_t value, std::memory_order order, const Clock* sequence) {
  Engine& run = engine();
  Store* store = run.new_store();
  store->older = newest_;
  store->value = value;
  store->released = {};
  if (sequence != nullptr) store->released = *sequence;  // a read-modify-write goes on with the release sequence
  if (releases(order)) store->released.join(run.clock());
  store->seen = Clock::never();
  store->epoch = run.clock()[run.self()];
  store->thread = run.self();
  store->in_total_order = order == std::memory_order_seq_cst;
  newest_ = store;
  used_[run.self()] = store->epoch;
  run.step();
}

void Location::store(std::uint64_t value, std::memory_order order) {
  begin();
  if (engine().telling()) engine().tell("a%u.store(%#llx, %s)", number_, shown(value), name_of(order));
  append(value, order, nullptr);
}

std::uint64_t Location::begin_update(const char* what, std::memory_order order) {
  begin();
  if (engine().telling()) {
    engine().tell("a%u.%s(%s), was %#llx", number_, what, name_of(order), shown(newest_->value));
  }
  return newest_->value;
}

void Location::write(std::uint64_t value, std::memory_order order) {
  read_from(*newest_, order);
  if (engine().telling() && value != newest_->value) engine().tell("  a%u is %#llx now", number_, shown(value));
  append(value, order, &newest_->released);
}

void Location::keep(std::memory_order order) {
  read_from(*newest_, order);
  if (engine().telling()) engine().tell("  which is another than expected");
  engine().step();
}

void Location::wait(std::uint64_t old, std::memory_order order) const {
  Engine& run = engine();
  begin();
  while (newest_->value == old) {
    waiting_ |= 1u << run.self();
    if (run.telling()) run.tell("a%u.wait(%#llx)", number_, shown(old));
    run.block("a notification of an atomic");
  }
  read_from(*newest_, order);
  run.step();
}

void Location::notify(bool all) {
  Engine& run = engine();
  run.point();
  // Not begin(): that the atomic is gone by now is the other's right, it was told by the value.
  if (!alive_ || waiting_ == 0) return;
  if (run.telling()) run.tell("a%u.notify", number_);
  unsigned chosen = waiting_;
  if (!all) {
    unsigned n = run.choose(static_cast<unsigned>(std::popcount(waiting_)));
    while (n-- > 0) chosen &= chosen - 1;
    chosen &= ~(chosen - 1);
  }
  waiting_ &= ~chosen;
  for (; chosen != 0; chosen &= chosen - 1) run.wake(static_cast<ThreadId>(std::countr_zero(chosen)));
}

}  // namespace support::model
