#include "postgres/statements.h"

#include <algorithm>
#include <functional>
#include <utility>

#include <rondeau/text/ascii.h>

namespace rondeau::postgres {
namespace {

std::size_t hash_of(std::string_view text, std::span<const TypeId> types) noexcept {
  std::size_t hash = std::hash<std::string_view>()(text);
  for (const TypeId type : types) hash = (hash ^ type) * 0x9e37'79b9'7f4a'7c15;
  return hash;
}

/// The server plans it, and refuses (0A000) to run what it has prepared when the columns would be others. EXECUTE, FETCH and
/// their like give whatever they find.
bool is_planned(std::string_view text) noexcept {
  for (const std::string_view word : {"select", "insert", "update", "delete", "with", "values"}) {
    if (text.size() <= word.size() || text[word.size()] > ' ') continue;
    if (text::equals_ignoring_case(text.substr(0, word.size()), word)) return true;
  }
  return false;
}

bool is_known_as(const KnownStatement& known, std::string_view text, std::span<const TypeId> types) noexcept {
  return known.text == text && std::ranges::equal(known.types, types);
}

}  // namespace

void KnownStatement::see_columns(const PGresult* result) {
  if (has_fixed_columns) return;
  if (!has_columns_of(result)) learn_columns(result);
  has_fixed_columns = !name.empty() && is_planned(text);
}

bool KnownStatement::has_columns_of(const PGresult* result) const noexcept {
  const auto count = static_cast<std::size_t>(PQnfields(result));
  if (columns.size() != count) return false;
  for (std::size_t i = 0; i < count; ++i) {
    const int column = static_cast<int>(i);
    if (column_types[i].id != PQftype(result, column) || column_names[i] != PQfname(result, column)) return false;
  }
  return true;
}

void KnownStatement::learn_columns(const PGresult* result) {
  forget_columns();
  const int count = PQnfields(result);
  in_binary = count > 0;
  for (int i = 0; i < count; ++i) {
    column_names.emplace_back(PQfname(result, i));
    in_binary = column_types.emplace_back(column_type(PQftype(result, i))).has_binary() && in_binary;
  }
  for (std::size_t i = 0; i < column_names.size(); ++i) {
    const ColumnType& type = column_types[i];
    columns.push_back({column_names[i], type.type, type.element, type.name});
  }
}

void KnownStatement::is_not_prepared() noexcept {
  name.clear();
  has_fixed_columns = false;
}

void KnownStatement::forget_columns() noexcept {
  columns.clear();
  column_types.clear();
  column_names.clear();
  in_binary = false;
  has_fixed_columns = false;
  plans.clear();
}

KnownStatement& Statements::find(std::string_view text, std::span<const TypeId> types) {
  // Often the one that ran last.
  if (!used_.empty() && is_known_as(used_.front(), text, types)) return used_.front();
  const std::size_t hash = hash_of(text, types);
  const auto [first, last] = by_hash_.equal_range(hash);
  for (auto at = first; at != last; ++at) {
    if (!is_known_as(*at->second, text, types)) continue;
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
  statement.forget_columns();
}

}  // namespace rondeau::postgres
