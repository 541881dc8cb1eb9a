// GET /crons, GET, PUT and DELETE /crons/{name}.
#include <utility>

#include "app.h"
#include "failure.h"

namespace jobs {

using namespace rondeau;

namespace {

Problem no_such_cron() {
  return problem(StatusCode::NotFound, "there is no such cron");
}

Task<Result<OneOf<Created<Json<Cron>>, Json<Cron>>, Failure>> put_cron(State<App> app, Path<"name", std::string> name,
                                                                       Json<NewCron> cron) {
  if (!Name::make(*name)) {
    co_return problem(StatusCode::UnprocessableContent, "a name is 1 to 64 letters, digits, '-', '_' and '.'");
  }
  if (const auto kind = built_in(*cron->kind)) {
    const auto why = app->runner->refusal(*kind, text_of(cron->payload));
    if (!why.empty()) co_return problem(StatusCode::UnprocessableContent, "payload: " + why);
  }
  RONDEAU_TRY(auto put, co_await app->crons.put(*name, *std::move(cron)));
  if (put.is_new) co_return Created{Json{std::move(put.cron)}, "/crons/" + *name};
  co_return Json{std::move(put.cron)};
}

Task<Result<Json<Cron>, Failure>> show_cron(State<App> app, Path<"name", std::string> name) {
  RONDEAU_TRY(auto cron, co_await app->crons.find(*name));
  if (!cron) co_return no_such_cron();
  co_return Json{*std::move(cron)};
}

Task<Result<Json<Crons>, Failure>> list_crons(State<App> app) {
  RONDEAU_TRY(auto crons, co_await app->crons.list());
  co_return Json{Crons{std::move(crons)}};
}

Task<Result<NoContent, Failure>> remove_cron(State<App> app, Path<"name", std::string> name) {
  RONDEAU_TRY(const bool was_there, co_await app->crons.remove(*name));
  if (!was_there) co_return no_such_cron();
  co_return NoContent{};
}

}  // namespace

void add_crons(Router<App>& router) {
  router.get<"/crons">(list_crons).summary("List the crons by name").tag("crons");
  router.get<"/crons/{name}">(show_cron).summary("Show a cron").tag("crons").also(StatusCode::NotFound);
  router.put<"/crons/{name}">(put_cron)
      .summary("Set up a cron, or change it")
      .tag("crons")
      .also(StatusCode::UnprocessableContent);
  router.del<"/crons/{name}">(remove_cron)
      .summary("End a cron; jobs that it has put in stay")
      .tag("crons")
      .also(StatusCode::NotFound);
}

}  // namespace jobs
