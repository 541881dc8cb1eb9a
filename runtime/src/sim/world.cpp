#include "sim/world.h"

#include <algorithm>
#include <cerrno>
#include <exception>
#include <fstream>
#include <iterator>

#include <rondeau/base/assert.h>
#include <rondeau/base/current_driver.h>
#include <rondeau/detail/leaf.h>
#include <rondeau/runtime/dump.h>
#include <rondeau/task/spawn.h>

#include "sim/poller.h"

namespace rondeau::sim {
namespace {

constexpr Instant kStart = Instant::from_nanoseconds(3'600'000'000'000);
/// 2026-01-01
constexpr std::int64_t kWallStart = 1'767'225'600'000'000'000;
/// Ids of tasks begin at the same number in each world, far from those of real runtimes.
constexpr detail::TaskIds kTaskIds{.next = std::uint64_t{1} << 63, .left = std::uint64_t{1} << 62};

/// What is told to end has so long before its shields are broken.
constexpr std::chrono::seconds kShutdownTime{60};

Task<void> run_program(World* world, std::size_t host) {
  Host& mine = world->host(host);
  std::string thrown;
  try {
    co_await mine.program();
  } catch (const std::exception& exception) {
    thrown = exception.what();
    if (thrown.empty()) thrown = "an exception without words";
  } catch (...) {
    thrown = "something that is no std::exception";
  }
  if (!thrown.empty()) world->fail("the program of \"" + mine.name + "\" ended by an exception: " + thrown);
  mine.ended = true;
}

/// How this process was called, to be typed again.
std::string command_line() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  std::string line;
  for (std::string word; std::getline(file, word, '\0');) {
    if (!line.empty()) line += ' ';
    const bool plain = word.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=./,:+") ==
                       std::string::npos;
    line += plain ? word : "'" + word + "'";
  }
  return line;
}

thread_local bool world_on_thread = false;

/// What a thread is asked by code that knows of no world.
class Playing {
 public:
  Playing(base::Buggifier& rare, base::DiskFaults& disk) noexcept
      : rare_before_(base::set_buggifier(&rare)), disk_before_(base::set_disk_faults(&disk)) {}
  Playing(const Playing&) = delete;
  Playing& operator=(const Playing&) = delete;
  ~Playing() {
    base::set_disk_faults(disk_before_);
    base::set_buggifier(rare_before_);
  }

 private:
  base::Buggifier* const rare_before_;
  base::DiskFaults* const disk_before_;
};

}  // namespace

World::World(std::uint64_t seed, Options options)
    : seed_(seed),
      random_(seed),
      options_(draw(std::move(options), random_)),
      order_(static_cast<Order>(random_.below(4))),
      rare_branches_(*this, seed, options_.faults.buggify),
      now_(kStart),
      thread_(std::this_thread::get_id()),
      ids_before_(detail::exchange_task_ids(kTaskIds)),
      random_before_(detail::exchange_thread_random(detail::mix_seed(seed))) {
  if (options_.workers == 0) base::fail("sim::Options: a host needs a worker");
  if (std::exchange(world_on_thread, true)) base::fail("a thread plays one simulated world at a time; end the other first");
}

World::~World() {
  may_fail_ = false;
  if (!ran_) shut_down();
  // Their pollers look for the hosts.
  for (const auto& host : hosts_) host->core.reset();
  events_.clear();
  world_on_thread = false;
  detail::exchange_thread_random(random_before_);
  detail::exchange_task_ids(ids_before_);
}

/// With all faults at once little is learnt of any: each that is on stays on in half of the runs.
Options World::draw(Options options, Random& random) {
  if (!options.subset_of_faults) return options;
  Faults& faults = options.faults;
  for (double* fault : {&faults.cuts, &faults.short_calls, &faults.yields, &faults.resets, &faults.refusals,
                        &faults.black_holes, &faults.accept_errors, &faults.look_ups, &faults.threads}) {
    if (random.below(2) == 0) *fault = 0;
  }
  if (faults.disk > 0 && random.below(2) == 0) faults.disk = 0;  // runs without it stay as they are
  return options;
}

// ---------------------------------------------------------------- hosts

void World::add_host(std::string name, Runtime::Program program, bool client) {
  if (ran_) base::fail("a simulated world runs once; name its hosts before run()");
  if (std::ranges::any_of(hosts_, [&](const auto& other) { return other->name == name; })) {
    base::fail("two hosts of a simulated world have the same name");
  }
  const std::size_t index = hosts_.size();
  const std::size_t number = index + 1;
  auto host = std::make_unique<Host>();
  host->name = std::move(name);
  host->address = IpAddress::v4(10, 0, static_cast<std::uint8_t>(number / 250), static_cast<std::uint8_t>(number % 250));
  host->program = std::move(program);
  host->client = client;
  host->driver = std::make_unique<HostDriver>(*this, index);
  if (options_.wrap_driver) host->wrapped = options_.wrap_driver(*host->driver);
  if (faults().clock_skew > Duration::zero()) {
    host->ahead = random_.between(-faults().clock_skew, faults().clock_skew);
  }
  hosts_.push_back(std::move(host));
}

void World::start(std::size_t index) {
  Host& host = *hosts_[index];
  happens(What::Restart, index);
  scheduler::Config config;
  config.workers = options_.workers;
  config.name = host.name;
  config.thread_name = host.name;
  config.driver = host.wrapped != nullptr ? host.wrapped.get() : host.driver.get();
  auto core = HostCore::make(*this, index, std::move(config));
  if (!core) return fail("host \"" + host.name + "\" can't be started: " + core.error().message());
  host.core = *std::move(core);
  host.ended = false;
  host.paused = false;
  static_cast<void>(detail::spawn_call(*host.core, {}, &run_program, this, index));
}

std::size_t World::index_of(std::string_view name) const {
  const auto found = std::ranges::find_if(hosts_, [&](const auto& host) { return host->name == name; });
  if (found == hosts_.end()) base::fail("a simulated world was asked for a host that it does not have");
  return static_cast<std::size_t>(found - hosts_.begin());
}

std::optional<std::size_t> World::host_at(std::size_t from, const IpAddress& address) const {
  if (address.is_loopback() || address.is_unspecified()) return from;
  const auto found = std::ranges::find_if(hosts_, [&](const auto& host) { return host->address == address; });
  if (found == hosts_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - hosts_.begin());
}

Result<std::vector<base::SocketAddress>> World::look_up(std::size_t host, const std::string& name, std::uint16_t port) {
  std::vector<base::SocketAddress> found;
  if (name == "localhost") found.emplace_back(IpAddress::loopback_v4(), port);
  for (const auto& other : hosts_) {
    if (other->name == name) found.emplace_back(other->address, port);
  }
  happens(What::LookUp, host, found.size());
  if (random_.chance(faults().look_ups)) return Errc::TimedOut;
  if (found.empty()) return Errc::NotFound;
  return found;
}

int World::error_of(base::DiskCall call) noexcept {
  if (!random_.chance(faults().disk)) return 0;
  const int error = call == base::DiskCall::Reads || random_.below(2) == 0 ? EIO : ENOSPC;
  happens(What::DiskFails, kNoHost, static_cast<std::uint64_t>(error));
  return error;
}

std::int64_t World::wall_clock(std::size_t host) const noexcept {
  return kWallStart + (now_ - kStart).count() + hosts_[host]->ahead.count();
}

bool World::has_events(std::size_t host, std::size_t worker) const noexcept {
  const std::vector<Poller*>& pollers = hosts_[host]->pollers;
  return worker < pollers.size() && pollers[worker]->pending();
}

// ---------------------------------------------------------------- what befalls them

void World::soon(std::function<void()> what) {
  if (stepping_) {
    soon_.push_back(std::move(what));
  } else {
    what();
  }
}

void World::crash(std::size_t index, Crash how) {
  Host& host = *hosts_[index];
  if (host.core == nullptr) return;
  happens(What::Crash, index);
  network_.vanish(index, how == Crash::Process);
  const std::shared_ptr<HostCore> core = std::move(host.core);
  host.core = nullptr;
  // Nothing waits for anything any more: what the tasks hold is destroyed where they stand.
  core->begin_shutdown();
  core->break_shields();
  core->pools().cancel_waiting();
  core->end_waits();
  constexpr int kMost = 1'000'000;
  for (int i = 0; i < kMost && core->ready_tasks() > 0; ++i) core->run_task(0);
  core->pools().shutdown(std::nullopt);
  for (int i = 0; i < kMost && core->ready_tasks() > 0; ++i) core->run_task(0);
  if (core->live_tasks() > 0) fail("tasks of \"" + host.name + "\" outlive its crash");
  if (core->registered() > 0) fail("\"" + host.name + "\" keeps descriptors registered beyond its crash");
  host.pollers.clear();
}

void World::restart(std::size_t index) {
  if (hosts_[index]->core != nullptr) base::fail("a simulated host is restarted that is up; crash it first");
  start(index);
}

void World::pause(std::size_t index, bool paused) {
  happens(paused ? What::Pause : What::Resume, index);
  hosts_[index]->paused = paused;
}

void World::set_clock(std::size_t index, Duration ahead) {
  happens(What::ClockSet, index);
  hosts_[index]->ahead = ahead;
}

void World::set_link(std::size_t one, std::size_t other, const Link& link) {
  links_[{one, other}] = link;
  links_[{other, one}] = link;
}

const Link& World::link(std::size_t from, std::size_t to) const {
  const auto found = links_.find({from, to});
  return found == links_.end() ? options_.link : found->second;
}

void World::cut(std::size_t from, std::size_t to) {
  happens(What::Partition, from, to);
  cut_.insert({from, to});
}

void World::heal(std::size_t from, std::size_t to) {
  happens(What::Heal, from, to);
  cut_.erase({from, to});
}

void World::heal_all() {
  while (!cut_.empty()) {
    const auto [from, to] = *cut_.begin();
    heal(from, to);
  }
}

// ---------------------------------------------------------------- the loop

void World::at(Instant when, std::function<void()> what) {
  const std::uint64_t place = random_.below(std::uint64_t{1} << 24) << 40 | (events_made_++ & 0xff'ffff'ffff);
  events_.push_back({std::max(when, now_), place, std::move(what)});
  std::ranges::push_heap(events_, std::greater<>());
}

std::optional<Failure> World::run() {
  if (ran_) base::fail("a simulated world runs once; make another one");
  if (std::ranges::none_of(hosts_, [](const auto& host) { return host->client; })) {
    base::fail("a simulated world needs a client: when all clients have ended, the run is over");
  }
  for (std::size_t i = 0; i < hosts_.size(); ++i) start(i);
  ran_ = true;
  if (!play([this] { return clients_ended(); }) && !problem_) {
    std::string who;
    for (const auto& host : hosts_) {
      if (host->client && !host->ended) who.append(who.empty() ? "" : ", ").append("\"" + host->name + "\"");
    }
    fail("nothing is runnable and nothing is to come, but " + who + " has not ended");
  }
  shut_down();
  if (!problem_) return std::nullopt;
  return failure();
}

bool World::clients_ended() const {
  return std::ranges::all_of(hosts_, [](const auto& host) { return !host->client || host->ended; });
}

bool World::play(const std::function<bool()>& done) {
  const Playing playing(rare_branches_, *this);
  const Instant limit = may_fail_ ? kStart + options_.time_limit : now_ + kShutdownTime;
  while (!done()) {
    if (problem_ && may_fail_) return false;
    if (now_ >= limit) {
      fail("the simulated time is used up (Options::time_limit)");
      return false;
    }
    if (steps_ >= options_.step_limit && may_fail_) {
      fail("the steps are used up (Options::step_limit)");
      return false;
    }
    if (!step()) return false;
    if (trace_.parted() && may_fail_) fail_as_parted();
  }
  return !problem_ || !may_fail_;
}

/// All that could happen now.
void World::collect() {
  choices_.clear();
  if (!events_.empty() && events_.front().when <= now_) choices_.push_back({Choice::Kind::Event, nullptr, 0});
  for (const auto& host : hosts_) {
    HostCore* const core = host->core.get();
    if (core == nullptr || host->paused) continue;
    for (std::size_t worker = 0; worker < core->workers(); ++worker) {
      if (core->ready_tasks() > 0) choices_.push_back({Choice::Kind::Task, core, worker});
      if (core->has_events(worker)) choices_.push_back({Choice::Kind::Turn, core, worker});
      if (core->timers_due(worker)) choices_.push_back({Choice::Kind::Timers, core, worker});
    }
  }
}

bool World::jump() {
  std::optional<Instant> next;
  if (!events_.empty()) next = events_.front().when;
  for (const auto& host : hosts_) {
    if (host->core == nullptr || host->paused) continue;
    const std::optional<Instant> timer = host->core->next_deadline();
    if (timer && (!next || *timer < *next)) next = timer;
  }
  if (!next) return false;
  now_ = std::max(now_, *next);
  return true;
}

bool World::step() {
  for (collect(); choices_.empty(); collect()) {
    if (!jump()) return false;
  }
  const Choice choice = choices_[choices_.size() == 1 ? 0 : random_.below(choices_.size())];
  const std::shared_ptr<HostCore> core = choice.core == nullptr ? nullptr : choice.core->shared_from_this();
  ++steps_;
  stepping_ = true;
  switch (choice.kind) {
    case Choice::Kind::Event: happen_next(); break;
    case Choice::Kind::Task:
      core->run_task(choice.worker);
      now_ = now_ + random_.between(Duration(200), std::chrono::microseconds(20));
      break;
    case Choice::Kind::Turn: core->turn(choice.worker); break;
    case Choice::Kind::Timers: core->fire_timers(choice.worker); break;
  }
  stepping_ = false;
  for (std::vector<std::function<void()>> now = std::exchange(soon_, {}); !now.empty(); now = std::exchange(soon_, {})) {
    for (const auto& what : now) what();
  }
  if (core != nullptr && core->unhandled_exceptions() > 0) fail("an exception left a task that nobody waits for");
  check_invariants();
  return true;
}

void World::happen_next() {
  std::ranges::pop_heap(events_, std::greater<>());
  const Event event = std::move(events_.back());
  events_.pop_back();
  event.what();
}

void World::always(std::string name, std::function<bool()> invariant) {
  invariants_.push_back({std::move(name), std::move(invariant)});
}

void World::check_invariants() {
  if (invariants_.empty() || !may_fail_ || problem_) return;
  base::Driver* const before = base::set_current_driver(hosts_.front()->driver.get());
  for (const Invariant& invariant : invariants_) {
    if (!invariant.holds()) fail("it does not hold that " + invariant.name);
  }
  base::set_current_driver(before);
}

std::uint8_t World::budget() noexcept {
  if (!random_.chance(faults().yields)) return detail::kBudget;
  return static_cast<std::uint8_t>(random_.below(4));
}

std::size_t World::choose_of_queue(std::size_t size) noexcept {
  if (size == 1) return 0;
  switch (order_) {
    case Order::OldestFirst: return 0;
    case Order::NewestFirst: return size - 1;
    case Order::MostlyOldest: return random_.below(4) != 0 ? 0 : random_.below(size);
    case Order::Any: break;
  }
  return random_.below(size);
}

void World::check_thread() const {
  if (std::this_thread::get_id() != thread_) {
    base::fail("a task of a simulated host was woken by another thread: what it does is not in the seed");
  }
}

// ---------------------------------------------------------------- the end

/// As Runtime's destructor, for all hosts at once.
void World::shut_down() {
  const bool must_rest = !problem_ && may_fail_;
  may_fail_ = false;
  const auto for_each_core = [this](auto&& what) {
    for (const auto& host : hosts_) {
      if (host->core != nullptr) what(*host);
    }
  };
  for_each_core([](Host& host) {
    host.paused = false;
    host.core->begin_shutdown();
    host.core->pools().cancel_waiting();
  });
  const auto all_ended = [this] {
    return std::ranges::all_of(hosts_, [](const auto& host) { return host->core == nullptr || host->core->live_tasks() == 0; });
  };
  bool in_time = play(all_ended);
  if (!in_time) {
    for_each_core([](Host& host) { host.core->break_shields(); });
    in_time = play(all_ended);
  }
  for_each_core([](Host& host) {
    host.core->pools().shutdown(std::nullopt);
    host.core->end_waits();
  });
  if (!in_time) in_time = play(all_ended);
  may_fail_ = must_rest;
  if (!must_rest) return;
  if (!in_time) fail("tasks are left that do not end, although they were told to");
  for_each_core([this](Host& host) { check_rest(host); });
  may_fail_ = false;
}

void World::check_rest(const Host& host) {
  const auto none = [&](std::size_t left, const char* what) {
    if (left > 0) fail("\"" + host.name + "\" has ended and leaves " + std::to_string(left) + " " + what);
  };
  none(host.core->live_tasks(), "tasks");
  none(host.core->armed(), "timers");
  none(host.core->registered(), "registered descriptors");
  none(network_.open(index_of(host.name)), "open descriptors");
}

void World::fail(std::string problem) {
  if (problem_ || !may_fail_) return;
  problem_ = std::move(problem);
  waiting_ = waiting();
}

std::string World::waiting() const {
  std::string text;
  for (const auto& host : hosts_) {
    if (host->core == nullptr) {
      text.append("\"" + host->name + "\" is down\n");
    } else {
      if (host->paused) text.append("\"" + host->name + "\" is paused\n");
      text += runtime::Handle(host->core).dump_now().text();
    }
  }
  return text;
}

void World::fail_as_parted() {
  fail(std::string(kRunsDiffer) + "; the first event that was another in the second run: " + trace_.parted_at(kStart, host_names()));
}

std::vector<std::string> World::host_names() const {
  std::vector<std::string> names;
  for (const auto& host : hosts_) names.push_back(host->name);
  return names;
}

std::string World::trace_text() const { return trace_.text(kStart, host_names()); }

Failure World::failure() const {
  std::string text = "sim: seed " + std::to_string(seed_) + ": " + *problem_ + "\n";
  text += "replay: RONDEAU_SEED=" + std::to_string(seed_) + " " + command_line() + "\n";
  if (const std::string rare = rare_branches_.taken(); !rare.empty()) text += "rare branches taken: " + rare + "\n";
  text += waiting_;
  text += "the last events:\n" + trace_text();
  return Failure{.seed = seed_, .problem = *problem_, .text = std::move(text)};
}

}  // namespace rondeau::sim
