{{#if store}}
#include <algorithm>
#include <map>
#include <mutex>

#include "store.h"

namespace {{ns}} {
namespace {

using rondeau::Errc;
using rondeau::Error;
using rondeau::Result;
using rondeau::Task;

class MemoryStore final : public Store {
 public:
  explicit MemoryStore(std::size_t capacity) : capacity_(capacity) {}

  Task<Result<std::vector<Item>>> list(std::int64_t after, std::int64_t limit) override {
    const std::scoped_lock lock(mutex_);
    std::vector<Item> found;
    for (auto item = items_.upper_bound(after); item != items_.end() && std::cmp_less(found.size(), limit); ++item) {
      found.push_back(item->second);
    }
    co_return found;
  }

  Task<Result<Item>> insert(NewItem item) override {
    const std::scoped_lock lock(mutex_);
    if (is_taken(*item.name, 0)) co_return Error(Errc::AlreadyExists, "an item of that name");
    if (items_.size() >= capacity_) co_return Error(Errc::Overloaded, "the store is full");
    const std::int64_t id = ++last_id_;
    co_return items_.emplace(id, Item{id, *item.name, *item.quantity}).first->second;
  }

  Task<Result<std::optional<Item>>> find(std::int64_t id) override {
    const std::scoped_lock lock(mutex_);
    const auto found = items_.find(id);
    co_return found == items_.end() ? std::nullopt : std::optional(found->second);
  }

  Task<Result<std::optional<Item>>> update(std::int64_t id, NewItem item) override {
    const std::scoped_lock lock(mutex_);
    const auto found = items_.find(id);
    if (found == items_.end()) co_return std::nullopt;
    if (is_taken(*item.name, id)) co_return Error(Errc::AlreadyExists, "an item of that name");
    found->second = Item{id, *item.name, *item.quantity};
    co_return std::optional(found->second);
  }

  Task<Result<bool>> remove(std::int64_t id) override {
    const std::scoped_lock lock(mutex_);
    co_return items_.erase(id) == 1;
  }

  Task<Result<void>> ping() override { co_return {}; }

 private:
  bool is_taken(const std::string& name, std::int64_t by_other_than) const {
    return std::ranges::any_of(
        items_, [&](const auto& entry) { return entry.first != by_other_than && entry.second.name == name; });
  }

  const std::size_t capacity_;
  std::mutex mutex_;  // never held over an await
  std::map<std::int64_t, Item> items_;
  std::int64_t last_id_ = 0;
};

}  // namespace

std::shared_ptr<Store> memory_store(std::size_t capacity) {
  return std::make_shared<MemoryStore>(capacity);
}

}  // namespace {{ns}}
{{/if}}
