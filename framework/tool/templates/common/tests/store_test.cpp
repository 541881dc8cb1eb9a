{{#if store}}
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>

#include <doctest/doctest.h>

#include <rondeau/runtime/runtime.h>

{{#if db}}
#include "../src/database.h"
{{/if}}
#include "../src/store.h"

using namespace rondeau;
using {{ns}}::Item;
using {{ns}}::ItemName;
using {{ns}}::NewItem;
using {{ns}}::Store;

namespace {

NewItem new_item(std::string name, std::int64_t quantity) {
  return {ItemName::make(std::move(name)).value(), decltype(NewItem::quantity)::make(quantity).value()};
}

/// What holds for every store; of an empty one.
Task<void> keep_to_the_contract(std::shared_ptr<Store> store) {
  CHECK(co_await store->ping());
  const Item ink = (co_await store->insert(new_item("ink", 3))).value();
  const Item pen = (co_await store->insert(new_item("pen", 1))).value();
  CHECK(ink.name == "ink");
  CHECK(ink.quantity == 3);
  CHECK(pen.id > ink.id);

  const auto taken = co_await store->insert(new_item("ink", 1));
  CHECK((!taken && taken.error() == Errc::AlreadyExists));
  const auto renamed = co_await store->update(pen.id, new_item("ink", 1));
  CHECK((!renamed && renamed.error() == Errc::AlreadyExists));

  const auto changed = (co_await store->update(pen.id, new_item("pen", 9))).value();
  CHECK((changed && changed->quantity == 9));
  CHECK((co_await store->find(pen.id)).value()->quantity == 9);
  CHECK(!(co_await store->update(pen.id + 1, new_item("nib", 1))).value());
  CHECK(!(co_await store->find(pen.id + 1)).value());

  CHECK((co_await store->list(0, 10)).value().size() == 2);
  CHECK((co_await store->list(0, 1)).value().at(0).id == ink.id);
  CHECK((co_await store->list(ink.id, 10)).value().at(0).id == pen.id);

  CHECK((co_await store->remove(ink.id)).value());
  CHECK(!(co_await store->remove(ink.id)).value());
  CHECK((co_await store->remove(pen.id)).value());
  CHECK((co_await store->list(0, 10)).value().empty());
}

void run(std::function<Task<void>()> test) {
  auto runtime = rondeau::runtime::Builder::current_thread().build().value();
  runtime.block_on(std::move(test));
}

}  // namespace

TEST_CASE("store: the one in memory keeps to the contract") {
  run([]() -> Task<void> { co_await keep_to_the_contract({{ns}}::memory_store(2)); });
}

TEST_CASE("store: the one in memory is full when it is") {
  run([]() -> Task<void> {
    const auto store = {{ns}}::memory_store(1);
    CHECK(co_await store->insert(new_item("ink", 1)));
    const auto refused = co_await store->insert(new_item("pen", 1));
    CHECK((!refused && refused.error() == Errc::Overloaded));
  });
}
{{#if db=sqlite}}

TEST_CASE("store: the one in SQLite keeps to the contract, on tables made by the migrations") {
  run([]() -> Task<void> {
    co_await keep_to_the_contract({{ns}}::sql_store((co_await {{ns}}::open_database("sqlite::memory:")).value()));
  });
}
{{/if}}
{{#if db=postgres}}

TEST_CASE("store: the one in PostgreSQL keeps to the contract, in the empty database {{NAME}}_TEST_DATABASE") {
  const char* const url = std::getenv("{{NAME}}_TEST_DATABASE");  // NOLINT(concurrency-mt-unsafe)
  if (url == nullptr) {
    MESSAGE("not run: {{NAME}}_TEST_DATABASE names no database");
    return;
  }
  run([url]() -> Task<void> {
    const auto database = (co_await {{ns}}::open_database(url)).value();
    co_await keep_to_the_contract({{ns}}::sql_store(database));
    co_await database.close();
  });
}

TEST_CASE("store: a database that cannot be had is an error that says where") {
  run([]() -> Task<void> {
    const auto database = co_await {{ns}}::open_database("postgres://nobody@127.0.0.1:1/none");
    REQUIRE(!database);
    CHECK(database.error().message().find("127.0.0.1") != std::string::npos);
  });
}
{{/if}}
{{/if}}
