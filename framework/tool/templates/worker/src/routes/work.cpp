#include "routes/work.h"

#include <string>
#include <utility>

namespace {{ns}} {
namespace {

using namespace rondeau;

struct NewWork {
  MaxLength<10'000> text;
};
struct Queued {
  std::uint64_t number = 0;
};

Result<WithStatus<202, Json<Queued>>, Problem> put_to_work(State<App> app, Json<NewWork> in) {
  const auto number = app->work->push(*in->text);
  if (!number) return problem(StatusCode::ServiceUnavailable, "the queue is full").header(HeaderName::RetryAfter, "1");
  return WithStatus<202, Json<Queued>>{Json{Queued{*number}}};
}

Json<Progress> show_progress(State<App> app) {
  return Json{app->work->progress()};
}

}  // namespace

void add_work(Router<App>& router) {
  router.post<"/work", put_to_work>().summary("Queues a text");  // 503 is every route's
  router.get<"/work", show_progress>().summary("Tells what was done");
}

}  // namespace {{ns}}
