{{#if store}}
#include "routes/{{ns}}.h"

#include <string>
#include <utility>

namespace {{ns}} {
namespace {

using namespace rondeau;

struct Paging {
  std::int64_t after = 0;  ///< the last id of the page before
  Ranged<std::int64_t, 1, 100> limit = 20;
};

Problem no_such_item() {
  return problem(StatusCode::NotFound, "there is no such item");
}
/// An error of the store: a name that is taken is the client's matter, everything else is a 5xx.
Problem problem_of_store(const Error& error) {
  if (error == Errc::AlreadyExists) return problem(StatusCode::Conflict, "another item has that name");
  return error;
}

Task<Result<Json<std::vector<Item>>, Problem>> list_items(State<App> app, Query<Paging> paging) {
  RONDEAU_TRY(auto items, co_await app->store->list(paging->after, *paging->limit));
  co_return Json{std::move(items)};
}

Task<Result<Created<Json<Item>>, Problem>> create_item(State<App> app, Json<NewItem> in) {
  auto item = co_await app->store->insert(*std::move(in));
  if (!item) co_return problem_of_store(item.error());
  const std::string location = "/{{name}}/" + std::to_string(item->id);
  co_return Created{Json{*std::move(item)}, location};
}

Task<Result<Json<Item>, Problem>> show_item(State<App> app, Path<"id", std::int64_t> id) {
  RONDEAU_TRY(auto item, co_await app->store->find(*id));
  if (!item) co_return no_such_item();
  co_return Json{*std::move(item)};
}

Task<Result<Json<Item>, Problem>> change_item(State<App> app, Path<"id", std::int64_t> id, Json<NewItem> in) {
  auto item = co_await app->store->update(*id, *std::move(in));
  if (!item) co_return problem_of_store(item.error());
  if (!*item) co_return no_such_item();
  co_return Json{**std::move(item)};
}

Task<Result<NoContent, Problem>> delete_item(State<App> app, Path<"id", std::int64_t> id) {
  RONDEAU_TRY(const bool there, co_await app->store->remove(*id));
  if (!there) co_return no_such_item();
  co_return NoContent{};
}

}  // namespace

void add_{{ns}}(Router<App>& router) {
  router.get<"/{{name}}", list_items>().summary("Lists items, a page at a time");
  router.post<"/{{name}}", create_item>().summary("Creates an item").also(StatusCode::Conflict);
  router.get<"/{{name}}/{id}", show_item>().summary("Shows an item").also(StatusCode::NotFound);
  router.put<"/{{name}}/{id}", change_item>()
      .summary("Replaces an item")
      .also(StatusCode::NotFound)
      .also(StatusCode::Conflict);
  router.del<"/{{name}}/{id}", delete_item>().summary("Deletes an item").also(StatusCode::NotFound);
}

}  // namespace {{ns}}
{{/if}}
