#include "app.h"

#include <chrono>
#include <optional>
#include <utility>

#include <rondeau/observe/log.h>

#include "failure.h"
#include "import.h"

namespace shortlink {
namespace {

using namespace rondeau;

constexpr int kTries = 5;
constexpr std::int64_t kHour = 3600;
constexpr std::int64_t kDay = 24 * kHour;
constexpr std::int64_t kMostBuckets = 1000;

Link shown(const std::string& base, StoredLink link) {
  Link out{link.id, std::move(link.url), base + "/" + link.id, link.created_at, std::nullopt, link.clicks};
  if (link.expires_at) out.expires_at = *link.expires_at;
  return out;
}

Problem invalid(std::string member, std::string_view message) {
  return problem(StatusCode::UnprocessableContent, member + " " + std::string(message))
      .error({"body", "/" + member, "invalid", std::string(message)});
}

/// The link of that id, or the problem that answers: unknown 404, expired 410.
Task<Result<StoredLink, Failure>> living_link(Store& store, std::string id) {
  RONDEAU_TRY(auto found, co_await store.find(std::move(id)));
  if (!found) co_return problem(StatusCode::NotFound, "there is no such link");
  if (found->expired(now())) co_return problem(StatusCode::Gone, "this link has expired");
  co_return *std::move(found);
}

Task<Result<Created<Json<Link>>, Failure>> shorten(State<App> app, Host host, Json<NewLink> in) {
  const std::string base = base_url(*app, host);
  if (const auto why = why_not_url(in->url, base); !why.empty()) co_return invalid("url", why);
  if (in->ttl_s) {
    if (const auto why = why_not_ttl(*in->ttl_s); !why.empty()) co_return invalid("ttl_s", why);
  }
  StoredLink link{"", in->url, now(), std::nullopt, 0};
  if (in->ttl_s) link.expires_at = link.created_at + std::chrono::seconds(*in->ttl_s);
  if (in->alias) {
    if (const auto why = why_not_alias(*in->alias); !why.empty()) co_return invalid("alias", why);
    link.id = *in->alias;
  }
  for (int attempt = 1;; ++attempt) {
    if (!in->alias) link.id = random_id();
    auto inserted = co_await app->store->insert(link);
    if (inserted) break;
    if (inserted.error() != Errc::AlreadyExists) co_return inserted.error();
    if (in->alias) co_return problem(StatusCode::Conflict, "that alias is taken").with("alias", link.id);
    if (attempt == kTries) co_return problem(StatusCode::ServiceUnavailable, "found no free id; try again");
  }
  const std::string location = "/" + link.id;
  co_return Created{Json{shown(base, std::move(link))}, location};
}

Result<Response> redirect_to(const std::string& url) {
  Response response(StatusCode::Found);
  RONDEAU_TRY_VOID_PLAIN(response.headers().set("location", url));
  RONDEAU_TRY_VOID_PLAIN(response.headers().set("cache-control", "private, max-age=0"));
  return response;
}

/// A Referer that cannot be read is none.
Task<Result<Response, Failure>> follow(State<App> app, Path<"id", std::string> id,
                                       Result<Header<"referer", std::string>, Rejection> referer) {
  RONDEAU_TRY(auto link, co_await living_link(*app->store, *id));
  RONDEAU_TRY(auto response, redirect_to(link.url));
  app->clicks->push({std::move(link.id), now(), referer ? referrer_host(**referer) : std::string()});
  co_return response;
}

/// HEAD answers as GET does and counts nothing.
Task<Result<Response, Failure>> peek(State<App> app, Path<"id", std::string> id) {
  RONDEAU_TRY(auto link, co_await living_link(*app->store, *id));
  RONDEAU_TRY(auto response, redirect_to(link.url));
  co_return response;
}

Task<Result<Json<Link>, Failure>> show(State<App> app, Host host, Path<"id", std::string> id) {
  RONDEAU_TRY(auto link, co_await living_link(*app->store, *id));
  co_return Json{shown(base_url(*app, host), std::move(link))};
}

enum class BucketSize { hour, day };

struct StatsQuery {
  std::optional<Time> from;
  std::optional<Time> to;
  BucketSize bucket = BucketSize::hour;
};

/// By default the last week, up to the end of the present bucket.
Task<Result<Json<Stats>, Failure>> statistics(State<App> app, Path<"id", std::string> id, Query<StatsQuery> query) {
  RONDEAU_TRY(auto link, co_await living_link(*app->store, *id));
  const std::int64_t size = query->bucket == BucketSize::day ? kDay : kHour;
  const Time to = query->to.value_or(now() + std::chrono::seconds(size));
  const Time from = query->from.value_or(to - std::chrono::days(7));
  if (from > to) co_return problem(StatusCode::UnprocessableContent, "from must not be after to");
  // Those that the first and the last second lie in count whole.
  if ((to.time_since_epoch().count() + size - 1) / size - from.time_since_epoch().count() / size > kMostBuckets) {
    co_return problem(StatusCode::UnprocessableContent, "that would be more than 1000 buckets");
  }
  RONDEAU_TRY(auto stats, co_await app->store->stats(std::move(link.id), from, to, size));
  co_return Json{std::move(stats)};
}

}  // namespace

std::string base_url(const App& app, const Host& host) {
  return app.base_from_host && host && !(*host)->empty() ? "http://" + **host : app.base_url;
}

Router<App> routes(App app) {
  Router<App> router(std::move(app));
  router.post<"/links">(shorten).summary("Shorten a URL").also(StatusCode::Conflict);
  router.post<"/links/import">(import_links)
      .summary("Shorten all URLs of a CSV file")
      .also(StatusCode::UnsupportedMediaType)
      .also(StatusCode::ContentTooLarge);
  router.get<"/links/{id}">(show)
      .summary("Tell what a link leads to")
      .also(StatusCode::NotFound)
      .also(StatusCode::Gone);
  router.get<"/links/{id}/stats">(statistics)
      .summary("Count the visits of a link")
      .also(StatusCode::NotFound)
      .also(StatusCode::Gone)
      .also(StatusCode::UnprocessableContent);
  router.get<"/{id}">(follow)
      .summary("Go where a link leads, and count it")
      .also(StatusCode::Found, "to its URL")
      .also(StatusCode::NotFound)
      .also(StatusCode::Gone);
  router.head<"/{id}">(peek)
      .summary("Tell where a link leads, and count nothing")
      .also(StatusCode::Found, "to its URL")
      .also(StatusCode::NotFound)
      .also(StatusCode::Gone);
  return router;
}

}  // namespace shortlink

rondeau::Response rondeau::IntoResponse<shortlink::Failure>::into(const shortlink::Failure& failure,
                                                                  const rondeau::Request& request) {
  Response response = failure.problem.into_response(request);
  if (response.status() == StatusCode::ServiceUnavailable) response.header("retry-after", "1");
  if (!failure.reason.empty()) {
    log::error("cannot answer",
               {{"error", failure.reason}, {"route", request.route().pattern}, {"request_id", request.request_id()}});
  }
  return response;
}
