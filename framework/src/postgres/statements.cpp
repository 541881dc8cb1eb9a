#include "postgres/statements.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace rondeau::postgres {
namespace {

std::size_t hash_of(std::string_view text, std::span<const TypeId> types) noexcept {
  std::size_t hash = std::hash<std::string_view>()(text);
  for (const TypeId type : types) hash = (hash ^ type) * 0x9e37'79b9'7f4a'7c15;
  return hash;
}

}  // namespace

KnownStatement& Statements::find(std::string_view text, std::span<const TypeId> types) {
  const std::size_t hash = hash_of(text, types);
  const auto [first, last] = by_hash_.equal_range(hash);
  for (auto at = first; at != last; ++at) {
    if (at->second->text != text || !std::ranges::equal(at->second->types, types)) continue;
    used_.splice(used_.begin(), used_, at->second);
    return used_.front();
  }
  while (used_.size() >= capacity_ && give_way()) {
  }
  KnownStatement& known = used_.emplace_front();
  known.text = text;
  known.types.assign(types.begin(), types.end());
  by_hash_.emplace(hash, used_.begin());
  return known;
}

bool Statements::give_way() {
  const auto oldest = std::find_if(used_.rbegin(), used_.rend(), [](const KnownStatement& each) { return !each.in_flight; });
  if (oldest == used_.rend()) return false;
  const auto at = std::prev(oldest.base());
  const auto [from, to] = by_hash_.equal_range(hash_of(at->text, at->types));
  by_hash_.erase(std::find_if(from, to, [&](const auto& entry) { return entry.second == at; }));
  if (!at->name.empty()) obsolete_.push_back(std::move(at->name));
  used_.erase(at);
  return true;
}

void Statements::forget(KnownStatement& statement, AtServer at_server) {
  std::string name = std::exchange(statement.name, {});
  if (!name.empty() && at_server == AtServer::StillThere) obsolete_.push_back(std::move(name));
  statement.result_types.clear();
  statement.result_names.clear();
  statement.in_binary = false;
  statement.plans.clear();
}

}  // namespace rondeau::postgres
