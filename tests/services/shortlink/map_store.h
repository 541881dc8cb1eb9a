// A store in a map: no thread of its own, so that tests may stop the clock.
#pragma once

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "store.h"

namespace shortlink {

class MapStore final : public Store {
 public:
  std::map<std::string, StoredLink> links;
  std::vector<std::size_t> batches;  ///< sizes of the batches of clicks that were written
  bool refuses = false;              ///< every write fails
  bool locked = false;               ///< every insert is told to come back

  Task<Result<void>> insert(StoredLink link) override {
    if (locked) co_return rondeau::Errc::Overloaded;
    if (refuses) co_return rondeau::Errc::NoSpace;
    const std::string id = link.id;
    if (const auto found = links.find(id); found != links.end() && found->second.expired(link.created_at)) {
      links.erase(found);
    }
    if (!links.emplace(id, std::move(link)).second) co_return rondeau::Errc::AlreadyExists;
    co_return {};
  }
  Task<Result<std::vector<bool>>> insert_many(std::vector<StoredLink> many) override {
    std::vector<bool> inserted;
    for (StoredLink& link : many) inserted.push_back((co_await insert(std::move(link))).has_value());
    co_return inserted;
  }
  Task<Result<std::optional<StoredLink>>> find(std::string id) override {
    const auto found = links.find(id);
    if (found == links.end()) co_return std::optional<StoredLink>();
    co_return std::optional(found->second);
  }
  Task<Result<std::size_t>> add_clicks(std::vector<Click> clicks) override {
    if (refuses) co_return rondeau::Errc::NoSpace;
    batches.push_back(clicks.size());
    std::size_t counted = 0;
    for (const Click& click : clicks) {
      const auto found = links.find(click.id);
      if (found == links.end()) continue;
      ++found->second.clicks;
      ++counted;
    }
    co_return counted;
  }
  Task<Result<Stats>> stats(std::string id, Time from, Time, std::int64_t) override {
    Stats stats;
    stats.total = links.at(id).clicks;
    stats.buckets.push_back({from, stats.total});
    co_return stats;
  }
  Task<Result<std::int64_t>> delete_expired(Time now, std::int64_t) override {
    co_return static_cast<std::int64_t>(
        std::erase_if(links, [&](const auto& entry) { return entry.second.expired(now); }));
  }
  Task<Result<void>> ping() override { co_return {}; }
};

}  // namespace shortlink
