// Picture: what two looks and those before them tell: rates, shares, and who has waited how long.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "top/look.h"

namespace rondeau::tool::top {

struct WorkerRow {
  double busy = 0;  ///< share of the time since the last look, 0 to 1
  std::uint64_t queue = 0;
  double steals_per_second = 0;
  double polls_per_second = 0;
  double mean_poll_seconds = 0;
};
/// The tasks that were spawned at one place.
struct SiteRow {
  std::string site;  ///< "store.cpp:12"; "unknown" where nobody can tell
  Place spawned_at;
  std::uint64_t tasks = 0;
  double busy = 0;                  ///< how many of them ran or were due, on the average of the last looks
  double longest_poll_seconds = 0;  ///< at least: seen going on from one look to another
  double longest_wait_seconds = 0;  ///< at least, as in WaitRow
};
/// Tasks of one site that wait for the same at the same place.
struct WaitRow {
  std::uint64_t task = 0;  ///< the one that has waited longest
  std::string name;
  std::uint64_t tasks = 0;
  std::string site;
  std::string waits_for;      ///< "Notify", "select: recv, sleep"
  std::string place;          ///< "in settle at store.cpp:31"
  std::vector<Place> frames;  ///< the co_await that each of its coroutines stands at, innermost first
  double wait_seconds = 0;    ///< at least: all looks have seen it there, for so long
  double age_seconds = 0;     ///< of the task
  std::optional<double> due_in_seconds;
};
/// A run of a task that several looks have seen going on, or is going on now.
struct PollRow {
  std::uint64_t task = 0;
  std::string name;
  std::string site;
  std::string place;   ///< the innermost frame of its thread's stack, if that could be asked
  double seconds = 0;  ///< at least
  bool now = false;    ///< it goes on
};
struct RouteRow {
  std::string method;
  std::string route;
  double requests_per_second = 0;
  double errors_per_second = 0;       ///< answers of 500 and above
  std::uint64_t requests = 0;         ///< since the service began
  std::optional<double> p50_seconds;  ///< of the last looks; where nobody came, since the service began
  std::optional<double> p99_seconds;
};
struct Picture {
  std::string service;
  std::string version;
  std::optional<double> up_seconds;
  double seconds = 0;  ///< between the last two looks
  std::uint64_t restarts = 0;
  std::uint64_t tasks = 0;
  double spawned_per_second = 0;
  std::uint64_t inject_queue = 0;
  std::uint64_t connections = 0;
  std::uint64_t in_request = 0;
  std::uint64_t stalls = 0;
  std::uint64_t deadlocks = 0;
  double longest_poll_seconds = 0;  ///< since the service began, as its watchdog has seen it
  std::vector<WorkerRow> workers;
  std::vector<Pool> pools;
  std::vector<SiteRow> spawn_sites;
  std::vector<WaitRow> waiting;  ///< longest first
  std::vector<PollRow> long_polls;
  std::vector<RouteRow> routes;  ///< most requests first
};

/// By what the spawn sites are sorted; largest first.
enum class Order : std::uint8_t { Busy, LongestPoll, LongestWait };
void sort_sites(std::vector<SiteRow>& sites, Order order);

/// Remembers what the next look has to be compared with. A service that has begun anew is another one.
class History {
 public:
  Picture see(const Look& look);

 private:
  struct Wait {
    std::string what;
    std::optional<base::Instant> due;
    base::Instant since;
  };
  struct Run {
    std::uint64_t polls = 0;
    base::Instant since;
  };
  struct Site {
    double busy = 0;  ///< weighted, of all looks
    double longest_poll_seconds = 0;
  };
  struct Counted {
    base::Instant at;
    std::map<RouteKey, RouteCounts> routes;
  };

  bool is_another(const Look& look) const;
  void forget();
  void compare_workers(const Look& look, Picture& out) const;
  void follow_waits(const Look& look, Picture& out);
  void follow_runs(const Look& look, Picture& out);
  void weigh_sites(const Look& look, Picture& out);
  void compare_routes(const Look& look, Picture& out);

  std::optional<Look> before_;
  std::uint64_t restarts_ = 0;
  std::map<std::uint64_t, Wait> waits_;  // by task
  std::vector<Run> runs_;                // by worker
  std::vector<PollRow> polls_;           // longest first
  std::map<std::string, Site> sites_;
  double weight_ = 0;            // of the looks in Site::busy
  std::deque<Counted> counted_;  // of the last looks
};

/// The time within which that share of the requests was answered, by linear interpolation as Prometheus has it; the
/// last bound where it lies above. Empty where there were none.
std::optional<double> quantile(const RouteCounts& counts, double share);

}  // namespace rondeau::tool::top
