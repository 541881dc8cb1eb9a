{{#if db}}
#include <utility>

#include <rondeau/sql/sql.h>

#include "store.h"

namespace {{ns}} {
namespace {

namespace sql = rondeau::sql;
using rondeau::Errc;
using rondeau::Error;
using rondeau::Result;
using rondeau::Task;

/// A name that is taken is the client's doing; all else is ours.
Error error_of(const sql::Error& error) {
  if (error.is_unique_violation()) return Error(Errc::AlreadyExists, "an item of that name");
  return error;
}

class SqlStore final : public Store {
 public:
  explicit SqlStore(sql::Database database) : database_(std::move(database)) {}

  Task<Result<std::vector<Item>>> list(std::int64_t after, std::int64_t limit) override {
    RONDEAU_TRY(auto items,
                co_await database_.all<Item>("select id, name, quantity from items where id > $1 order by id limit $2",
                                             after, limit));
    co_return items;
  }

  Task<Result<Item>> insert(NewItem item) override {
    auto inserted = co_await database_.one<Item>(
        "insert into items (name, quantity) values ($1, $2) returning id, name, quantity", *item.name, *item.quantity);
    if (!inserted) co_return error_of(inserted.error());
    co_return *std::move(inserted);
  }

  Task<Result<std::optional<Item>>> find(std::int64_t id) override {
    RONDEAU_TRY(auto item, co_await database_.maybe<Item>("select id, name, quantity from items where id = $1", id));
    co_return item;
  }

  Task<Result<std::optional<Item>>> update(std::int64_t id, NewItem item) override {
    auto updated = co_await database_.maybe<Item>(
        "update items set name = $1, quantity = $2 where id = $3 returning id, name, quantity", *item.name,
        *item.quantity, id);
    if (!updated) co_return error_of(updated.error());
    co_return *std::move(updated);
  }

  Task<Result<bool>> remove(std::int64_t id) override {
    RONDEAU_TRY(const std::int64_t rows, co_await database_.exec("delete from items where id = $1", id));
    co_return rows == 1;
  }

  Task<Result<void>> ping() override {
    RONDEAU_TRY_VOID(co_await database_.maybe<std::int64_t>("select id from items limit 1"));
    co_return {};
  }

 private:
  const sql::Database database_;
};

}  // namespace

std::shared_ptr<Store> sql_store(sql::Database database) {
  return std::make_shared<SqlStore>(std::move(database));
}

}  // namespace {{ns}}
{{/if}}
