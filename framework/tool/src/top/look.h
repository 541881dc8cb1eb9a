// Look: what the admin listener of a service tells at one moment.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondeau/base/instant.h>
#include <rondeau/reflect/checked.h>

#include "outcome.h"

namespace rondeau::tool::top {

// Members are named as /admin/runtime, /admin/tasks and /admin/connections name them.

/// May be absent.
using Text = reflect::Default<std::string, reflect::FixedString("")>;

struct Worker {
  std::uint64_t polls = 0;
  std::uint64_t steals = 0;
  std::uint64_t local_queue_depth = 0;
  bool asleep = false;
  double busy_seconds = 0;
  double mean_poll_seconds = 0;
};
struct Pool {
  std::string name;
  std::uint64_t threads = 0;
  std::uint64_t running = 0;
  std::uint64_t queued = 0;
};
struct Figures {
  std::uint64_t alive_tasks = 0;
  std::uint64_t spawned_tasks = 0;
  std::uint64_t inject_queue_depth = 0;
  std::uint64_t stalls = 0;
  std::uint64_t deadlocks = 0;
  double longest_run_seconds = 0;
  std::vector<Pool> pools;
  std::vector<Worker> worker;
};

struct Place {
  std::string file;
  std::uint64_t line = 0;
  std::string function;
};
struct Awaited {
  std::string operation;
  Text object;  ///< its address, as text
  std::optional<std::uint64_t> due_in_ms;
};
/// A branch of a combinator. What stands inside a branch's own branches is not looked at.
struct Branch {
  std::vector<Place> frames;  ///< innermost first
  std::optional<Awaited> awaits;
};
struct Strand {
  std::vector<Place> frames;
  std::optional<Awaited> awaits;
  std::optional<std::vector<Branch>> branches;
};
struct LiveTask {
  std::uint64_t id;
  Text name;
  std::string state;
  std::uint64_t age_ms = 0;
  std::optional<std::uint64_t> worker;
  std::optional<Place> spawned_at;
  std::optional<std::vector<std::string>> stack;
  Strand stands;
};
struct Tasks {
  std::uint64_t total = 0;
  std::vector<LiveTask> tasks;
};

struct Connection {
  bool in_request = false;
};
struct Connections {
  std::uint64_t total = 0;
  std::vector<Connection> connections;
};

/// Requests of one method and route, since the service began.
struct RouteCounts {
  double requests = 0;
  double failed = 0;                ///< of these, with a status of 500 or above
  std::map<double, double> within;  ///< how many took at most so many seconds
};
using RouteKey = std::pair<std::string, std::string>;  // method and pattern
struct Counts {
  std::map<RouteKey, RouteCounts> routes;
  std::optional<double> started;  ///< seconds since 1970
  std::string service;
  std::string version;
};

struct Look {
  base::Instant at;
  Figures figures;
  Tasks tasks;
  Connections connections;
  Counts counts;
};

/// Of the texts that the pages have. Refused where one is something else, with its name.
Outcome<Figures> read_figures(std::string_view json);
Outcome<Tasks> read_tasks(std::string_view json);
Outcome<Connections> read_connections(std::string_view json);
/// Of /metrics; what is not known there is passed over.
Counts read_counts(std::string_view text);

/// "store.cpp:12"; empty for none.
std::string short_name(const std::optional<Place>& place);

}  // namespace rondeau::tool::top
