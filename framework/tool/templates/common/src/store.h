{{#if store}}
// Where items live.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <rondeau/rondeau.h>
{{#if db}}
#include <rondeau/sql/sql.h>
{{/if}}

namespace {{ns}} {

using ItemName = rondeau::Checked<std::string, rondeau::rules::MinLength<1>, rondeau::rules::MaxLength<100>>;

/// What a client sends.
struct NewItem {
  ItemName name;
  rondeau::Ranged<std::int64_t, 0, 1'000'000> quantity = 1;
};
struct Item {
  std::int64_t id = 0;
  std::string name;
  std::int64_t quantity = 0;
};

/// What the handlers ask of a database. Errors: AlreadyExists where another item has that name; else what the database
/// says. Thread safety: any task.
class Store {
 public:
  virtual ~Store() = default;

  /// Those with a greater id than `after`, by id.
  virtual rondeau::Task<rondeau::Result<std::vector<Item>>> list(std::int64_t after, std::int64_t limit) = 0;
  virtual rondeau::Task<rondeau::Result<Item>> insert(NewItem item) = 0;
  virtual rondeau::Task<rondeau::Result<std::optional<Item>>> find(std::int64_t id) = 0;
  /// Nothing where there is none of that id.
  virtual rondeau::Task<rondeau::Result<std::optional<Item>>> update(std::int64_t id, NewItem item) = 0;
  /// Whether there was one.
  virtual rondeau::Task<rondeau::Result<bool>> remove(std::int64_t id) = 0;
  /// Whether it answers.
  virtual rondeau::Task<rondeau::Result<void>> ping() = 0;
};

/// Keeps at most so many items, in this process. Errors: Overloaded above that.
std::shared_ptr<Store> memory_store(std::size_t capacity);
{{#if db}}
/// Keeps them in the database, see database.h.
std::shared_ptr<Store> sql_store(rondeau::sql::Database database);
{{/if}}

}  // namespace {{ns}}
{{/if}}
