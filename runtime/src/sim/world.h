// The world of one run: its hosts, its time, its chance, and the loop that plays it.
//
// A step is drawn from all that could happen now: an event whose time has come, or a step of a worker. With each run of a
// task a little time passes; when nothing could happen, time jumps to the next event or timer. Events of one moment
// happen in an order that was drawn when they were made.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <rondeau/base/driver.h>
#include <rondeau/sim/runtime.h>

#include "base/disk_faults.h"
#include "sim/driver.h"
#include "sim/host_core.h"
#include "sim/network.h"
#include "sim/random.h"
#include "sim/rare_branches.h"
#include "sim/trace.h"
#include "task/current.h"

namespace rondeau::sim {

struct Host {
  std::string name;
  IpAddress address;
  Runtime::Program program;
  bool client = false;
  bool ended = false;  ///< its program has, since the last start
  bool paused = false;
  Duration ahead{};    ///< its time of day, of the world's
  std::unique_ptr<HostDriver> driver;
  std::unique_ptr<base::Driver> wrapped;  ///< null: nothing is put over it
  std::vector<Poller*> pollers;           ///< of its workers, in their order
  std::shared_ptr<HostCore> core;         ///< null: it is down
};

class World final : private base::DiskFaults {
 public:
  static constexpr std::size_t kNoHost = 0xffffffff;

  World(std::uint64_t seed, Options options);
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  ~World();

  // ---- what Runtime offers
  void add_host(std::string name, Runtime::Program program, bool client);
  std::optional<Failure> run();
  void always(std::string name, std::function<bool()> invariant);
  void fail(std::string problem);
  std::size_t index_of(std::string_view host) const;
  Host& host(std::size_t index) { return *hosts_[index]; }
  void crash(std::size_t host, Crash how);
  void restart(std::size_t host);
  void pause(std::size_t host, bool paused);
  void set_clock(std::size_t host, Duration ahead);
  void set_link(std::size_t one, std::size_t other, const Link& link);
  void cut(std::size_t from, std::size_t to);
  void heal(std::size_t from, std::size_t to);
  void heal_all();
  std::uint64_t seed() const noexcept { return seed_; }
  std::uint64_t steps() const noexcept { return steps_; }
  std::uint64_t hash() const noexcept { return trace_.hash(); }
  std::string trace_text() const;
  std::vector<std::string> host_names() const;
  void fail_as_parted();
  const std::vector<std::uint64_t>& history() const noexcept { return trace_.history(); }
  void follow(std::vector<std::uint64_t> history) noexcept { trace_.follow(std::move(history)); }
  /// Now, or after the step that is going on.
  void soon(std::function<void()> what);

  // ---- for those who are in it
  Instant now() const noexcept { return now_; }
  std::int64_t wall_clock(std::size_t host) const noexcept;
  Random& random() noexcept { return random_; }
  Network& network() noexcept { return network_; }
  const Options& options() const noexcept { return options_; }
  const Faults& faults() const noexcept { return options_.faults; }
  void happens(What what, std::size_t host, std::uint64_t first = 0, std::uint64_t second = 0) noexcept {
    trace_.add(now_, what, host, first, second);
  }
  void at(Instant when, std::function<void()> what);
  bool is_up(std::size_t host) const noexcept { return hosts_[host]->core != nullptr; }
  bool connected(std::size_t from, std::size_t to) const noexcept { return !cut_.contains({from, to}); }
  const Link& link(std::size_t from, std::size_t to) const;
  IpAddress address(std::size_t host) const { return hosts_[host]->address; }
  std::optional<std::size_t> host_at(std::size_t from, const IpAddress& address) const;
  Result<std::vector<base::SocketAddress>> look_up(std::size_t host, const std::string& name, std::uint16_t port);
  void remember(std::size_t host, Poller* poller) { hosts_[host]->pollers.push_back(poller); }
  void forget(std::size_t host, Poller* poller) noexcept { std::erase(hosts_[host]->pollers, poller); }
  bool has_events(std::size_t host, std::size_t worker) const noexcept;
  std::uint8_t budget() noexcept;
  std::size_t choose_of_queue(std::size_t size) noexcept;
  void check_thread() const;

  /// Until `done` says so. False: it can't come to that any more, or may not.
  bool play(const std::function<bool()>& done);

 private:
  enum class Order : std::uint8_t { Any, OldestFirst, NewestFirst, MostlyOldest };
  struct Event {
    Instant when;
    std::uint64_t place;  ///< among those of one moment: drawn, then counted
    std::function<void()> what;
    bool operator>(const Event& other) const noexcept {
      return std::pair(when, place) > std::pair(other.when, other.place);
    }
  };
  struct Choice {
    enum class Kind : std::uint8_t { Event, Task, Turn, Timers };
    Kind kind;
    HostCore* core;
    std::size_t worker;
  };
  struct Invariant {
    std::string name;
    std::function<bool()> holds;
  };

  int error_of(base::DiskCall call) noexcept override;
  static Options draw(Options options, Random& random);
  void start(std::size_t host);
  bool step();
  void collect();
  bool jump();
  void happen_next();
  void check_invariants();
  bool clients_ended() const;
  void shut_down();
  void check_rest(const Host& host);
  std::string waiting() const;
  Failure failure() const;

  const std::uint64_t seed_;
  Random random_;
  const Options options_;
  const Order order_;
  Trace trace_;
  RareBranches rare_branches_;
  Instant now_;
  Network network_{*this};
  std::vector<std::unique_ptr<Host>> hosts_;
  std::vector<Event> events_;  // a heap
  std::uint64_t events_made_ = 0;
  std::vector<std::function<void()>> soon_;
  std::vector<Choice> choices_;
  std::vector<Invariant> invariants_;
  std::set<std::pair<std::size_t, std::size_t>> cut_;
  std::map<std::pair<std::size_t, std::size_t>, Link> links_;
  std::uint64_t steps_ = 0;
  bool stepping_ = false;
  bool may_fail_ = true;  ///< false while what is left is ended
  bool ran_ = false;
  std::optional<std::string> problem_;
  std::string waiting_;  ///< who waited when the problem was found
  const std::thread::id thread_;
  const detail::TaskIds ids_before_;
  const std::uint64_t random_before_;
};

}  // namespace rondeau::sim
