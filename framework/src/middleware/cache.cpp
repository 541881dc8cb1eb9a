#include <rondeau/middleware/cache.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <rondeau/base/wall_clock.h>
#include <rondeau/http/forwarded.h>
#include <rondeau/http/personal.h>
#include <rondeau/http/request.h>
#include <rondeau/response/conditional.h>
#include <rondeau/response/problem.h>
#include <rondeau/text/ascii.h>
#include <rondeau/text/date.h>

#include "middleware/cache_rules.h"
#include "middleware/cache_store.h"

namespace rondeau::middleware {
namespace {

using http::HeaderName;
using http::Method;
using http::StatusCode;

/// How long nobody waits for an answer to a target whose last one could not be kept.
constexpr Seconds kPassFor{10};

/// Of how many that leave without an answer one request waits for the next, so that nobody can hold it up for ever.
constexpr int kMostLost = 8;

/// Scheme and host are the client's to say, so they are part of the name: as handlers see them through proxies, and as
/// the peer sent them.
std::string key_of(const http::Request& request) {
  const http::Client client = http::client_of(request);
  std::string key(client.scheme);
  key.append("://").append(text::to_lower(client.authority));
  key.append(" ").append(text::to_lower(request.authority())).append(request.original_path());
  if (!request.query().empty()) key.append("?").append(request.query());
  return key;
}

/// Of a connection, of one exchange, or made anew (RFC 9111 §3.1).
bool is_kept(const http::HeaderField& field) {
  static constexpr std::array<std::string_view, 9> kDropped{"connection",       "keep-alive", "proxy-authenticate",
                                                            "proxy-connection", "te",         "transfer-encoding",
                                                            "upgrade",          "age",        "x-request-id"};
  if (field.id == HeaderName::ContentLength) return false;
  for (std::string_view name : kDropped) {
    if (text::equals_ignoring_case(field.name, name)) return false;
  }
  return true;
}

KeptAnswer copy_of(const http::Response& response, VaryValues vary, Seconds lifetime) {
  KeptAnswer kept;
  kept.vary = std::move(vary);
  kept.status = response.status();
  for (const http::HeaderField& field : response.headers()) {
    if (is_kept(field)) static_cast<void>(kept.headers.append(field.name, field.value));
  }
  if (!kept.headers.contains(HeaderName::Date)) {
    static_cast<void>(
        kept.headers.set(HeaderName::Date, text::format_http_date(std::chrono::floor<Seconds>(base::wall_clock()))));
  }
  kept.since = Instant::now();
  kept.lifetime = lifetime;
  kept.age_before = age_of(response.headers());
  return kept;
}

http::Response answer_from(const KeptAnswer& kept, const http::Request& request) {
  http::Response response(kept.status, http::ResponseBody(kept.body));
  response.headers() = kept.headers;
  response.header(HeaderName::Age, std::to_string(kept.age(Instant::now()).count()));
  return response::conditional(request, std::move(response));
}

/// Keeps what it sends, and hands it over at the end.
class KeepingProducer final : public http::BodyProducer {
 public:
  KeepingProducer(std::unique_ptr<http::BodyProducer> inside, std::shared_ptr<CacheStore> store, std::string key,
                  KeptAnswer answer)
      : inside_(std::move(inside)), store_(std::move(store)), key_(std::move(key)), answer_(std::move(answer)) {}

  task::Task<Result<void>> produce(http::BodyWriter& out) override {
    Writer writer(out, store_->options().max_entry);
    writer.trailers() = std::move(out.trailers());
    RONDEAU_TRY_VOID(co_await inside_->produce(writer));
    const bool whole = !writer.failed && !writer.too_long && writer.trailers().empty();
    out.trailers() = std::move(writer.trailers());
    if (whole) {
      answer_.body = Bytes(std::move(writer.text));
      store_->keep(key_, std::move(answer_));
    }
    co_return Result<void>();
  }

 private:
  struct Writer final : http::BodyWriter {
    Writer(http::BodyWriter& writer, std::size_t limit) : out(writer), most(limit) {}
    task::Task<Result<void>> write(Bytes piece) override {
      too_long = too_long || piece.size() > most - text.size();
      if (too_long) {
        text = std::string();
      } else {
        text += piece.view();
      }
      co_return noted(co_await out.write(std::move(piece)));
    }
    task::Task<Result<void>> flush() override { co_return noted(co_await out.flush()); }

    /// Whoever produces may pass over it.
    Result<void> noted(Result<void> done) {
      failed = failed || !done;
      return done;
    }

    http::BodyWriter& out;
    const std::size_t most;
    std::string text;
    bool too_long = false;
    bool failed = false;
  };

  const std::unique_ptr<http::BodyProducer> inside_;
  const std::shared_ptr<CacheStore> store_;
  const std::string key_;
  KeptAnswer answer_;
};

/// `changes`: of the target, before the handler looked at it.
void keep(const std::shared_ptr<CacheStore>& store, const std::string& key, std::uint64_t changes,
          const http::Request& request, http::Response& response) {
  const std::optional<Seconds> lifetime = lifetime_of(request, response);
  std::optional<VaryValues> vary = vary_of(request, response.headers());
  const bool is_stream = response.body().is_stream();
  const bool too_long = !is_stream && response.body().view().size() > store->options().max_entry;
  // A promised length is checked by the server, after the body was kept.
  const bool promises = is_stream && response.headers().contains(HeaderName::ContentLength);
  if (!lifetime || !vary || too_long || promises || age_of(response.headers()) >= *lifetime) {
    KeptAnswer pass;
    pass.is_pass = true;
    pass.changes = changes;
    pass.since = Instant::now();
    pass.lifetime = kPassFor;
    return store->keep(key, std::move(pass));
  }
  KeptAnswer kept = copy_of(response, *std::move(vary), *lifetime);
  kept.changes = changes;
  if (is_stream) {
    response.set_body(http::ResponseBody(
        std::make_unique<KeepingProducer>(response.body().take_producer(), store, key, std::move(kept))));
    return;
  }
  kept.body = response.body().take_bytes();
  response.set_body(http::ResponseBody(kept.body));
  store->keep(key, std::move(kept));
}

/// What a body of a GET means is not known, and it is not part of the key.
bool has_body(const http::Request& request) {
  return request.block().head.framing != http::BodyFraming::None;
}

/// One whose answer stands for that to others.
bool is_plain(const http::Request& request) {
  if (has_body(request)) return false;
  for (const HeaderName name : {HeaderName::Range, HeaderName::IfRange, HeaderName::IfMatch, HeaderName::IfNoneMatch,
                                HeaderName::IfModifiedSince, HeaderName::IfUnmodifiedSince}) {
    if (request.headers().contains(name)) return false;
  }
  return true;
}

/// A request that changes its target: what was kept is not what is there then (RFC 9111 §4.4). Nobody knows how far
/// one came that was cancelled, threw, or failed.
class Change {
 public:
  Change(std::shared_ptr<CacheStore> store, std::string key) : store_(std::move(store)), key_(std::move(key)) {}
  Change(const Change&) = delete;
  Change& operator=(const Change&) = delete;
  ~Change() {
    if (!refused_) store_->forget(key_);
  }
  void answered(StatusCode status) noexcept { refused_ = code(status) >= 400 && code(status) < 500; }

 private:
  const std::shared_ptr<CacheStore> store_;
  const std::string key_;
  bool refused_ = false;
};

bool is_fresh_enough(const KeptAnswer& kept, const CacheDirectives& asked) {
  const Seconds age = kept.age(Instant::now());
  if (asked.max_age && age > *asked.max_age) return false;
  return !asked.min_fresh || kept.lifetime - age >= *asked.min_fresh;
}

}  // namespace

Cache::Cache(CacheOptions options) : store_(std::make_shared<CacheStore>(options)) {}

Result<void> Cache::check() const {
  if (store_->options().max_variants == 0) return Error(Errc::InvalidArgument, "Cache: max_variants is 0");
  return {};
}

void Cache::clear() const {
  store_->clear();
}
std::size_t Cache::bytes() const {
  return store_->bytes();
}

task::Task<http::Response> Cache::operator()(http::Request request, handler::Next next) const {
  const std::shared_ptr<CacheStore> store = store_;
  const http::Request asked(request.block());
  const Method method = request.method();
  const std::string key = key_of(request);
  if (method != Method::Get && method != Method::Head) {
    if (method == Method::Options || method == Method::Trace) co_return co_await next(std::move(request));
    Change change(store, key);
    http::Response response = co_await next(std::move(request));
    change.answered(response.status());
    co_return response;
  }
  const CacheDirectives wanted = directives_of(asked);
  const bool has_credentials = says_who_asks(asked);
  std::optional<CacheStore::Flight> flight;
  const bool may_be_answered = !wanted.no_cache && !wanted.no_store && !has_body(asked);
  int lost = 0;
  for (bool waited = false; may_be_answered;) {
    const std::shared_ptr<const KeptAnswer> kept = store->find(key, asked);
    if (kept && kept->is_pass) break;
    if (kept && is_fresh_enough(*kept, wanted)) co_return answer_from(*kept, asked);
    if (waited || kept || has_credentials || wanted.only_if_cached || method != Method::Get || !is_plain(asked)) break;
    const std::optional<Landing> landing = store->board(key, flight);
    if (!landing) break;
    co_await landing->over.cancelled();
    // Of those who waited for one that was lost one goes, and the others wait for that.
    waited = !landing->lost->load() || ++lost == kMostLost;
  }
  if (wanted.only_if_cached) {
    co_return response::Problem(StatusCode::GatewayTimeout, "there is no answer that was kept").into_response(asked);
  }
  const std::uint64_t changes = store->changes(key);
  http::personal(request);
  http::Response response(StatusCode::InternalServerError);
  try {
    response = co_await next(std::move(request));
  } catch (...) {
    if (flight) flight->finish();
    throw;
  }
  if (flight) flight->finish();
  if (method == Method::Get && !wanted.no_store && is_plain(asked)) keep(store, key, changes, asked, response);
  co_return response;
}

}  // namespace rondeau::middleware
