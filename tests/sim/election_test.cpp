// A leader election among three nodes that keep term and vote on disk: at most one leader in each term, and one at last.
#include <array>
#include <map>
#include <memory>

#include <doctest/doctest.h>

#include <rondeau/base/current_driver.h>
#include <rondeau/task/join_set.h>

#include "calls.h"
#include "seeds.h"

namespace {

using namespace programs;

constexpr std::size_t kNodes = 3;
constexpr std::uint64_t kNobody = 99;
constexpr std::uint64_t kAskVote = 1;
constexpr std::uint64_t kLeads = 2;

std::string name_of(std::size_t node) { return "node" + std::to_string(node); }

/// What outlives a crash.
struct Disk {
  std::uint64_t term = 0;
  std::uint64_t voted_for = kNobody;
};

struct Cluster {
  sim::Runtime* world;
  std::array<Disk, kNodes> disks;
  std::map<std::uint64_t, std::uint64_t> leaders;  ///< of each term
  std::uint64_t last_heard_term = 0;               ///< the newest term whose leader a majority followed
};

struct Node {
  std::shared_ptr<Cluster> cluster;
  std::size_t id;
  Instant heard = Instant::now();

  Disk& disk() const { return cluster->disks[id]; }
  void see(std::uint64_t term) const {
    if (term > disk().term) disk() = {.term = term, .voted_for = kNobody};
  }

  Task<Message> answer(Message question) {
    see(question.first);
    bool yes = question.first == disk().term;
    if (question.what == kAskVote) {
      yes = yes && (disk().voted_for == kNobody || disk().voted_for == question.second);
      if (yes) disk().voted_for = question.second;
    }
    if (yes) heard = Instant::now();
    co_return Message{.what = yes ? 1U : 0U, .first = disk().term};
  }
};

Duration election_timeout() {
  std::uint64_t bits = 0;
  rondeau::base::current_driver().random(std::as_writable_bytes(std::span(&bits, 1)));
  return 150ms + std::chrono::milliseconds(bits % 150);
}

/// How many said yes, this node included.
Task<std::size_t> ask_others(std::shared_ptr<Node> node, std::uint64_t what, std::uint64_t term) {
  rondeau::JoinSet<Result<Message>> asked;
  for (std::size_t other = 0; other < kNodes; ++other) {
    if (other == node->id) continue;
    asked.spawn(ask_within(60ms, name_of(other), 9, {.what = what, .first = term, .second = node->id}));
  }
  std::size_t yes = 1;
  while (auto answer = co_await asked.join_next()) {
    if (!*answer || !**answer) continue;
    node->see((***answer).first);
    yes += (***answer).what;
  }
  co_return yes;
}

Task<void> lead(std::shared_ptr<Node> node, std::uint64_t term) {
  Cluster& cluster = *node->cluster;
  const auto [leader, first] = cluster.leaders.try_emplace(term, node->id);
  if (!first && leader->second != node->id) cluster.world->fail("two leaders in one term");
  while (node->disk().term == term) {
    if (co_await ask_others(node, kLeads, term) * 2 > kNodes) {
      cluster.last_heard_term = std::max(cluster.last_heard_term, term);
      node->heard = Instant::now();
    } else if (node->heard.elapsed() > 500ms) {
      co_return;
    }
    co_await rondeau::sleep_for(50ms);
  }
}

Task<void> run_node(std::shared_ptr<Cluster> cluster, std::size_t id) {
  auto node = std::make_shared<Node>(Node{.cluster = std::move(cluster), .id = id});
  rondeau::spawn(serve(9, [node](Message question) { return node->answer(question); })).detach();
  for (;;) {
    const Duration patience = election_timeout();
    co_await rondeau::sleep_for(patience);
    if (node->heard.elapsed() < patience) continue;
    const std::uint64_t term = node->disk().term + 1;
    node->disk() = {.term = term, .voted_for = node->id};
    const std::size_t votes = co_await ask_others(node, kAskVote, term);
    if (votes * 2 > kNodes && node->disk().term == term) co_await lead(node, term);
  }
}

}  // namespace

TEST_CASE("TE4: sim: a leader election has at most one leader in a term, and one when all is well") {
  sim::Options options = rough();
  options.workers = 1;
  run_seeds("election", options, [](sim::Runtime& world) {
    auto cluster = std::make_shared<Cluster>(Cluster{.world = &world, .disks = {}, .leaders = {}});
    std::vector<std::string> names;
    for (std::size_t id = 0; id < kNodes; ++id) {
      names.push_back(name_of(id));
      world.host(name_of(id), [cluster, id] { return run_node(cluster, id); });
    }
    world.client("trouble", [&world, cluster, names]() -> Task<void> {
      co_await trouble(&world, names, 4);
      // From now on a leader has to be there, and to be followed.
      const std::uint64_t before = cluster->last_heard_term;
      cluster->last_heard_term = 0;
      const Instant healed = Instant::now();
      while (cluster->last_heard_term < std::max<std::uint64_t>(before, 1)) {
        if (healed.elapsed() > 5min) world.fail("nobody leads although all is well");
        co_await rondeau::sleep_for(50ms);
      }
    });
  });
}
