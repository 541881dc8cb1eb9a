#include <rondeau/sim/runtime.h>

#include <rondeau/base/assert.h>

#include "sim/world.h"

namespace rondeau::sim {

Runtime::Runtime(std::uint64_t seed, Options options) : world_(std::make_unique<World>(seed, std::move(options))) {}
Runtime::~Runtime() = default;

void Runtime::host(std::string name, Program program) { world_->add_host(std::move(name), std::move(program), false); }
void Runtime::client(std::string name, Program program) { world_->add_host(std::move(name), std::move(program), true); }

std::optional<Failure> Runtime::run() { return world_->run(); }

void Runtime::run_or_throw() {
  if (const std::optional<Failure> failure = run()) throw Failed(*failure);
}

void Runtime::always(std::string name, std::function<bool()> invariant) {
  world_->always(std::move(name), std::move(invariant));
}
void Runtime::fail(std::string problem) { world_->fail(std::move(problem)); }

std::uint64_t Runtime::seed() const noexcept { return world_->seed(); }
Instant Runtime::now() const noexcept { return world_->now(); }
std::uint64_t Runtime::below(std::uint64_t limit) {
  RONDEAU_ASSERT(limit > 0);
  return world_->random().below(limit);
}
bool Runtime::chance(double probability) { return world_->random().chance(probability); }
std::uint64_t Runtime::trace_hash() const noexcept { return world_->hash(); }
std::uint64_t Runtime::steps() const noexcept { return world_->steps(); }
const std::vector<std::uint64_t>& Runtime::history() const noexcept { return world_->history(); }
void Runtime::follow(std::vector<std::uint64_t> history) noexcept { world_->follow(std::move(history)); }
std::string Runtime::trace() const { return world_->trace_text(); }

IpAddress Runtime::address(std::string_view host) const { return world_->address(world_->index_of(host)); }
bool Runtime::is_up(std::string_view host) const { return world_->is_up(world_->index_of(host)); }
runtime::Handle Runtime::handle(std::string_view host) const {
  const Host& found = world_->host(world_->index_of(host));
  if (found.core == nullptr) base::fail("a simulated host that is down has no handle");
  return runtime::Handle(found.core);
}

void Runtime::crash(std::string_view host, Crash how) {
  world_->soon([world = world_.get(), index = world_->index_of(host), how] { world->crash(index, how); });
}
void Runtime::restart(std::string_view host) {
  world_->soon([world = world_.get(), index = world_->index_of(host)] { world->restart(index); });
}
void Runtime::pause(std::string_view host) {
  world_->soon([world = world_.get(), index = world_->index_of(host)] { world->pause(index, true); });
}
void Runtime::resume(std::string_view host) {
  world_->soon([world = world_.get(), index = world_->index_of(host)] { world->pause(index, false); });
}
void Runtime::set_clock(std::string_view host, Duration ahead) { world_->set_clock(world_->index_of(host), ahead); }
void Runtime::set_link(std::string_view one, std::string_view other, const Link& link) {
  world_->set_link(world_->index_of(one), world_->index_of(other), link);
}

void Runtime::partition(std::string_view one, std::string_view other) {
  partition_one_way(one, other);
  partition_one_way(other, one);
}
void Runtime::partition_one_way(std::string_view from, std::string_view to) {
  world_->cut(world_->index_of(from), world_->index_of(to));
}
void Runtime::heal(std::string_view one, std::string_view other) {
  world_->heal(world_->index_of(one), world_->index_of(other));
  world_->heal(world_->index_of(other), world_->index_of(one));
}
void Runtime::heal() { world_->heal_all(); }
void Runtime::reset_connections(std::string_view one, std::string_view other) {
  world_->network().reset_between(world_->index_of(one), world_->index_of(other));
}

}  // namespace rondeau::sim
