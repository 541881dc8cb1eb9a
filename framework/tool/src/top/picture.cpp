#include "top/picture.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <string_view>
#include <tuple>

namespace rondeau::tool::top {
namespace {

constexpr std::size_t kLooksOfRoutes = 10;  // that rates and quantiles go by
constexpr std::size_t kLongPolls = 10;
constexpr double kFade = 0.9;  // a look counts so much at the next one
/// Timers tell whole milliseconds, and looks are not taken at once.
constexpr std::chrono::milliseconds kSameDue{100};

double seconds(base::Duration span) {
  return std::chrono::duration<double>(span).count();
}
double milliseconds(std::uint64_t count) {
  return static_cast<double>(count) / 1000;
}
/// Of numbers that are read at slightly different moments.
double grown(std::uint64_t now, std::uint64_t before) {
  return now > before ? static_cast<double>(now - before) : 0;
}

std::string site_of(const LiveTask& task) {
  std::string site = short_name(task.spawned_at);
  return site.empty() ? "unknown" : site;
}

bool waits(const LiveTask& task) {
  return task.state == "waiting" && task.stands.awaits.has_value();
}
bool works(const LiveTask& task) {
  return task.state == "running" || task.state == "due to run";
}

const std::vector<Branch>& branches_of(const Strand& stands) {
  static const std::vector<Branch> none;
  return stands.branches ? *stands.branches : none;
}

std::string waits_for(const Strand& stands) {
  std::string text = stands.awaits->operation;
  for (const Branch& branch : branches_of(stands)) {
    text +=
        (&branch == &branches_of(stands).front() ? ": " : ", ") + (branch.awaits ? branch.awaits->operation : "...");
  }
  return text;
}

std::string place_of(const std::vector<Place>& frames) {
  return frames.empty() ? std::string() : "in " + frames.front().function + " at " + short_name(frames.front());
}

/// Equal as long as a task waits for the same, as far as can be seen.
std::string what_of(const Strand& stands) {
  std::string text = stands.awaits->operation + " " + *stands.awaits->object;
  for (const Place& frame : stands.frames) text += " " + frame.file + ":" + std::to_string(frame.line);
  for (const Branch& branch : branches_of(stands)) {
    if (branch.awaits) text += " " + branch.awaits->operation + " " + *branch.awaits->object;
    for (const Place& frame : branch.frames) text += " " + frame.file + ":" + std::to_string(frame.line);
  }
  return text;
}

/// The next timer it waits for.
std::optional<double> due_in(const Strand& stands) {
  std::optional<std::uint64_t> least = stands.awaits->due_in_ms;
  for (const Branch& branch : branches_of(stands)) {
    if (branch.awaits && branch.awaits->due_in_ms) least = std::min(least.value_or(~0ULL), *branch.awaits->due_in_ms);
  }
  return least ? std::optional(milliseconds(*least)) : std::nullopt;
}

bool is_same_due(const std::optional<base::Instant>& one, const std::optional<base::Instant>& other) {
  if (!one || !other) return one.has_value() == other.has_value();
  return *one < *other + kSameDue && *other < *one + kSameDue;
}

RouteCounts since(const RouteCounts& now, const RouteCounts& before) {
  RouteCounts more{now.requests - before.requests, now.failed - before.failed, now.within};
  for (auto& [bound, count] : more.within) {
    if (const auto found = before.within.find(bound); found != before.within.end()) count -= found->second;
  }
  return more;
}

}  // namespace

std::optional<double> quantile(const RouteCounts& counts, double share) {
  if (counts.requests <= 0 || counts.within.empty()) return std::nullopt;
  const double rank = share * counts.requests;
  double below = 0;
  double from = 0;
  for (const auto& [bound, count] : counts.within) {
    if (count >= rank && count > below) return from + (bound - from) * (rank - below) / (count - below);
    below = count;
    from = bound;
  }
  return from;
}

void sort_sites(std::vector<SiteRow>& sites, Order order) {
  const auto key = [order](const SiteRow& row) {
    const double first = order == Order::Busy          ? row.busy
                         : order == Order::LongestPoll ? row.longest_poll_seconds
                                                       : row.longest_wait_seconds;
    return std::tuple(first, row.busy, row.tasks, std::string_view(row.site));
  };
  std::ranges::sort(sites, std::greater(), key);
}

Picture History::see(const Look& look) {
  if (is_another(look)) forget();
  Picture out;
  out.service = look.counts.service;
  out.version = look.counts.version;
  if (look.counts.started) {
    const double now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
    out.up_seconds = std::max(0.0, now - *look.counts.started);
  }
  out.restarts = restarts_;
  out.tasks = look.figures.alive_tasks;
  out.inject_queue = look.figures.inject_queue_depth;
  out.connections = look.connections.total;
  out.in_request =
      static_cast<std::uint64_t>(std::ranges::count(look.connections.connections, true, &Connection::in_request));
  out.stalls = look.figures.stalls;
  out.deadlocks = look.figures.deadlocks;
  out.longest_poll_seconds = look.figures.longest_run_seconds;
  out.pools = look.figures.pools;
  if (before_) out.seconds = seconds(look.at.saturating_since(before_->at));
  compare_workers(look, out);
  follow_waits(look, out);
  follow_runs(look, out);
  weigh_sites(look, out);
  compare_routes(look, out);
  before_ = look;
  return out;
}

bool History::is_another(const Look& look) const {
  if (!before_) return false;
  return look.counts.started != before_->counts.started || look.figures.spawned_tasks < before_->figures.spawned_tasks;
}

void History::forget() {
  const std::uint64_t restarts = restarts_ + 1;
  *this = History();
  restarts_ = restarts;
}

void History::compare_workers(const Look& look, Picture& out) const {
  if (before_ && out.seconds > 0) {
    out.spawned_per_second = grown(look.figures.spawned_tasks, before_->figures.spawned_tasks) / out.seconds;
  }
  for (std::size_t i = 0; i < look.figures.worker.size(); ++i) {
    const Worker& now = look.figures.worker[i];
    WorkerRow row{.queue = now.local_queue_depth, .mean_poll_seconds = now.mean_poll_seconds};
    if (before_ && i < before_->figures.worker.size() && out.seconds > 0) {
      const Worker& before = before_->figures.worker[i];
      row.busy = std::clamp((now.busy_seconds - before.busy_seconds) / out.seconds, 0.0, 1.0);
      row.steals_per_second = grown(now.steals, before.steals) / out.seconds;
      row.polls_per_second = grown(now.polls, before.polls) / out.seconds;
    }
    out.workers.push_back(row);
  }
}

void History::follow_waits(const Look& look, Picture& out) {
  std::map<std::uint64_t, Wait> waits_now;
  std::map<std::string, WaitRow> rows;
  for (const LiveTask& task : look.tasks.tasks) {
    if (!waits(task)) continue;
    const auto due = due_in(task.stands);
    Wait wait{what_of(task.stands), std::nullopt, look.at};
    if (due) wait.due = look.at + std::chrono::milliseconds(static_cast<std::int64_t>(*due * 1000));
    if (const auto known = waits_.find(task.id);
        known != waits_.end() && known->second.what == wait.what && is_same_due(known->second.due, wait.due)) {
      wait.since = known->second.since;
    }
    const double waited = seconds(look.at.saturating_since(wait.since));
    const double age = milliseconds(task.age_ms);
    const std::string what = waits_for(task.stands);
    WaitRow& row = rows[site_of(task) + " " + *task.name + " " + what + " " + place_of(task.stands.frames)];
    ++row.tasks;
    if (row.tasks == 1 || std::tuple(waited, age) > std::tuple(row.wait_seconds, row.age_seconds)) {
      row = {task.id, *task.name, row.tasks, site_of(task), what, place_of(task.stands.frames), task.stands.frames,
             waited,  age,        due};
    }
    waits_now.emplace(task.id, std::move(wait));
  }
  waits_ = std::move(waits_now);
  for (auto& [key, row] : rows) out.waiting.push_back(std::move(row));
  // Who waits for a timer goes on by itself.
  std::ranges::sort(out.waiting, std::greater(), [](const WaitRow& row) {
    return std::tuple(row.wait_seconds, !row.due_in_seconds, row.age_seconds, row.task);
  });
}

void History::follow_runs(const Look& look, Picture& out) {
  const auto& workers = look.figures.worker;
  runs_.resize(workers.size(), {~std::uint64_t{0}, look.at});
  for (std::size_t i = 0; i < workers.size(); ++i) {
    if (workers[i].asleep || workers[i].polls != runs_[i].polls) runs_[i] = {workers[i].polls, look.at};
  }
  for (PollRow& row : polls_) row.now = false;
  for (const LiveTask& task : look.tasks.tasks) {
    if (task.state != "running" || !task.worker || *task.worker >= runs_.size()) continue;
    const double lasted = seconds(look.at.saturating_since(runs_[*task.worker].since));
    if (lasted <= 0) continue;
    PollRow row{task.id, *task.name, site_of(task), task.stack && !task.stack->empty() ? task.stack->front() : "",
                lasted,  true};
    Site& site = sites_[row.site];
    site.longest_poll_seconds = std::max(site.longest_poll_seconds, lasted);
    // The same run, seen for longer.
    std::erase_if(polls_, [&](const PollRow& known) { return known.task == row.task && known.seconds <= row.seconds; });
    polls_.push_back(std::move(row));
  }
  std::ranges::sort(polls_, std::greater(),
                    [](const PollRow& row) { return std::tuple(row.now, row.seconds, row.task); });
  if (polls_.size() > kLongPolls) polls_.resize(kLongPolls);
  out.long_polls = polls_;
}

void History::weigh_sites(const Look& look, Picture& out) {
  std::map<std::string, SiteRow> rows;
  for (auto& [name, site] : sites_) site.busy *= kFade;
  weight_ = weight_ * kFade + 1;
  for (const LiveTask& task : look.tasks.tasks) {
    SiteRow& row = rows[site_of(task)];
    if (row.tasks++ == 0 && task.spawned_at) row.spawned_at = *task.spawned_at;
    if (works(task)) sites_[site_of(task)].busy += 1;
    if (const auto wait = waits_.find(task.id); wait != waits_.end()) {
      row.longest_wait_seconds =
          std::max(row.longest_wait_seconds, seconds(look.at.saturating_since(wait->second.since)));
    }
  }
  for (const auto& [name, site] : sites_) {
    SiteRow& row = rows[name];
    row.busy = site.busy / weight_;
    row.longest_poll_seconds = site.longest_poll_seconds;
  }
  for (auto& [name, row] : rows) {
    row.site = name;
    out.spawn_sites.push_back(std::move(row));
  }
  std::erase_if(sites_,
                [](const auto& each) { return each.second.busy < 0.001 && each.second.longest_poll_seconds <= 0; });
  sort_sites(out.spawn_sites, Order::Busy);
}

void History::compare_routes(const Look& look, Picture& out) {
  counted_.push_back({look.at, look.counts.routes});
  if (counted_.size() > kLooksOfRoutes) counted_.pop_front();
  const Counted& oldest = counted_.front();
  const double span = seconds(look.at.saturating_since(oldest.at));
  for (const auto& [key, now] : look.counts.routes) {
    RouteRow row;
    row.method = key.first;
    row.route = key.second;
    row.requests = static_cast<std::uint64_t>(now.requests);
    const auto before = oldest.routes.find(key);
    const RouteCounts lately = since(now, before == oldest.routes.end() ? RouteCounts() : before->second);
    if (span > 0) {
      row.requests_per_second = lately.requests / span;
      row.errors_per_second = lately.failed / span;
    }
    const RouteCounts& told = span > 0 && lately.requests > 0 ? lately : now;
    row.p50_seconds = quantile(told, 0.5);
    row.p99_seconds = quantile(told, 0.99);
    out.routes.push_back(std::move(row));
  }
  std::ranges::sort(out.routes, std::greater(), [](const RouteRow& row) {
    return std::tuple(row.requests_per_second, row.requests, std::string_view(row.route), std::string_view(row.method));
  });
}

}  // namespace rondeau::tool::top
