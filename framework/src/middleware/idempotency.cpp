#include <rondeau/middleware/idempotency.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rondeau/auth/credentials.h>
#include <rondeau/auth/login.h>
#include <rondeau/base/assert.h>
#include <rondeau/crypto/digest.h>
#include <rondeau/http/body.h>
#include <rondeau/http/forwarded.h>
#include <rondeau/http/request.h>
#include <rondeau/response/problem.h>
#include <rondeau/text/ascii.h>
#include <rondeau/text/base64.h>
#include <rondeau/time/with_cleanup.h>

#include "middleware/idempotency_record.h"

namespace rondeau::middleware {
namespace {

using http::HeaderName;
using http::StatusCode;
using response::Problem;

constexpr std::size_t kMaxKey = 255;

bool is_visible(char c) noexcept {
  return c > 0x20 && c < 0x7f;
}

/// The key, without quotes; nothing where the field is not one.
std::optional<std::string> read_key(std::string_view field) {
  std::string key;
  if (field.starts_with('"')) {
    // A string of RFC 8941 §3.3.3; blanks are left out of it.
    if (field.size() < 2 || !field.ends_with('"')) return std::nullopt;
    field = field.substr(1, field.size() - 2);
    for (std::size_t i = 0; i < field.size(); ++i) {
      if (field[i] == '"') return std::nullopt;
      if (field[i] == '\\') {
        if (++i == field.size() || (field[i] != '"' && field[i] != '\\')) return std::nullopt;
      }
      key += field[i];
    }
  } else {
    if (field.find('"') != std::string_view::npos) return std::nullopt;
    key = field;
  }
  if (key.empty() || key.size() > kMaxKey || !std::ranges::all_of(key, is_visible)) return std::nullopt;
  return key;
}

/// All lines of a field.
std::string all_of(const http::Request& request, HeaderName name) {
  std::string all;
  for (const http::HeaderField& field : request.headers()) {
    if (field.id == name) all.append(field.value) += '\n';
  }
  return all;
}

/// To whom a key belongs.
std::string owner_of(const http::Request& request) {
  if (const auto* identity = request.extensions().get<auth::Identity>()) {
    return crypto::sha256_of_parts({"identity", identity->subject});
  }
  return crypto::sha256_of_parts({"credentials", all_of(request, HeaderName::Authorization),
                                  all_of(request, HeaderName::Cookie), all_of(request, HeaderName::XApiKey)});
}

std::string store_key(const http::Request& request, std::string_view key) {
  const std::string authority = text::to_lower(http::client_of(request).authority);
  const std::string digest = crypto::sha256_of_parts(
      {owner_of(request), http::to_string(request.method()), authority, request.original_path(), request.query(), key});
  return "idempotency:" + text::base64_encode(digest, text::Base64Form::Url);
}

std::string fingerprint_of(const http::Request& request) {
  return crypto::sha256_of_parts({all_of(request, HeaderName::ContentType), request.body().buffered()});
}

/// Whether a later attempt may do better, so that the answer is not for ever.
bool may_be_tried_again(StatusCode status) noexcept {
  return http::code(status) >= 500 || status == StatusCode::Unauthorized || status == StatusCode::RequestTimeout ||
         status == StatusCode::TooEarly || status == StatusCode::TooManyRequests;
}

http::Response unavailable(const http::Request& request) {
  return Problem(StatusCode::ServiceUnavailable, "idempotency keys cannot be kept now").into_response(request);
}

/// Takes Accept-Encoding away from what is inside, as long as it lives: what is kept then suits whoever asks again.
/// What is outside finds it again.
class Uncoded {
 public:
  explicit Uncoded(http::Request& request) : block_(request.is_owned() ? nullptr : &request.block()) {
    std::vector<http::HeadField>& fields = request.block().head.fields;
    const auto is_wish = [](const http::HeadField& field) { return field.id == HeaderName::AcceptEncoding; };
    std::ranges::copy_if(fields, std::back_inserter(taken_), is_wish);
    std::erase_if(fields, is_wish);
  }
  Uncoded(const Uncoded&) = delete;
  Uncoded& operator=(const Uncoded&) = delete;
  ~Uncoded() {
    // Into the room that they left.
    if (block_ != nullptr) std::ranges::copy(taken_, std::back_inserter(block_->head.fields));
  }

 private:
  http::RequestBlock* const block_;  // nullptr: it goes with the request
  std::vector<http::HeadField> taken_;
};

/// The answer to a request whose key is known; nothing where the record cannot be read.
std::optional<http::Response> answer_again(const http::Request& request, std::string_view kept,
                                           std::string_view fingerprint) {
  const std::optional<Record> record = read_record(kept);
  if (!record) return std::nullopt;
  if (record->fingerprint != fingerprint) {
    return Problem(StatusCode::UnprocessableContent, "this idempotency key was used for another request")
        .into_response(request);
  }
  switch (record->kind) {
    case RecordKind::Pending:
      return Problem(StatusCode::Conflict, "a request with this idempotency key is still running")
          .header(HeaderName::RetryAfter, "1")
          .into_response(request);
    case RecordKind::Done:
      return Problem(StatusCode::Conflict, "this was done before, and its answer was not kept").into_response(request);
    case RecordKind::Answer:
      break;
  }
  std::optional<http::Response> response = read_answer(record->rest);
  if (response) response->header("idempotency-replayed", "true");
  return response;
}

/// A key that is ours, or may be, as long as this lives.
struct Claim {
  std::shared_ptr<store::Store> store;
  std::string key;
  Bytes pending;  ///< no other claim's
  std::chrono::seconds keep;
  bool is_others = false;
  std::optional<Bytes> outcome = std::nullopt;  ///< to keep; nothing: the key is free again
  Bytes without_answer = {};                    ///< to keep instead where that is too large for the store
};

/// Keeps `record` in place of the claim, or where the claim was over already and nobody has made another.
task::Task<Result<bool>> keep(Claim& claim, Bytes record) {
  auto kept = co_await claim.store->compare_and_put(claim.key, claim.pending, record, claim.keep);
  if (!kept || *kept) co_return kept;
  co_return co_await claim.store->put_if_absent(claim.key, std::move(record), claim.keep);
}

/// Runs to its end although the request was cancelled: what was done stays done. Where the store fails, the lease
/// ends the claim.
task::Task<void> settle(Claim claim) {
  if (claim.is_others) co_return;
  if (!claim.outcome) {
    static_cast<void>(co_await claim.store->compare_and_erase(std::move(claim.key), std::move(claim.pending)));
    co_return;
  }
  const auto kept = co_await keep(claim, *claim.outcome);
  if (!kept && kept.error() == Errc::TooLarge) static_cast<void>(co_await keep(claim, claim.without_answer));
}

}  // namespace

Idempotency::Idempotency(std::shared_ptr<store::Store> store, IdempotencyOptions options)
    : store_(std::move(store)), options_(options) {
  RONDEAU_ASSERT(store_ != nullptr);
  RONDEAU_ASSERT(options_.keep > std::chrono::seconds(0) && options_.lease > std::chrono::seconds(0));
}

task::Task<http::Response> Idempotency::operator()(http::Request request, handler::Next next) const {
  const bool guarded = request.method() == http::Method::Post || request.method() == http::Method::Patch;
  const std::size_t count = request.headers().count(HeaderName::IdempotencyKey);
  const bool required = options_.key == IdempotencyOptions::Key::Required;
  if (!guarded || (count == 0 && !required)) co_return co_await next(std::move(request));

  const auto key = count == 1 ? read_key(*request.header(HeaderName::IdempotencyKey)) : std::nullopt;
  if (!key) {
    co_return Problem(StatusCode::BadRequest, count == 0 ? "an Idempotency-Key is needed"
                                                         : "the Idempotency-Key is malformed")
        .into_response(request);
  }
  if (auto read = co_await request.body().buffer(request.limits().max_buffered_body); !read) {
    co_return Problem(http::status_of_body_error(read.error())).into_response(request);
  }
  const std::string place = store_key(request, *key);
  const std::string fingerprint = fingerprint_of(request);
  auto attempt = [&](Claim& claim) -> task::Task<std::optional<http::Response>> {
    const auto claimed = co_await store_->put_if_absent(claim.key, claim.pending, options_.lease);
    if (!claimed) co_return unavailable(request);
    if (!*claimed) {
      claim.is_others = true;
      const auto kept = co_await store_->get(claim.key);
      if (kept && !*kept) co_return std::nullopt;
      auto answer = kept ? answer_again(request, (*kept)->view(), fingerprint) : std::nullopt;
      co_return answer ? *std::move(answer) : unavailable(request);
    }
    const Uncoded uncoded(request);
    if (request.extensions().get<auth::Logins>() == nullptr) request.extensions().insert(auth::Logins());
    const http::Extensions extensions = request.extensions();
    http::Response response = co_await next(std::move(request));
    if (may_be_tried_again(response.status())) co_return response;
    claim.without_answer = done_record(fingerprint);
    // A change of who is logged in is no part of the answer here: given again it would log nobody in.
    const bool may_be_kept = !extensions.get<auth::Logins>()->changed();
    std::optional<Bytes> answer;
    if (may_be_kept) answer = answer_record(fingerprint, response, options_.max_answer);
    claim.outcome = std::move(answer).value_or(claim.without_answer);
    co_return response;
  };
  // What another request holds may end between the two questions; then the key is free again.
  for (int attempts = 0; attempts < 3; ++attempts) {
    Claim claim{.store = store_, .key = place, .pending = pending_record(fingerprint), .keep = options_.keep};
    auto response = co_await time::with_cleanup(std::move(claim), attempt, &settle);
    if (response) co_return *std::move(response);
  }
  co_return unavailable(request);
}

void Idempotency::describe(schema::Operation& operation) const {
  if (operation.method != http::Method::Post && operation.method != http::Method::Patch) return;
  operation.parameter(schema::In::Header, "Idempotency-Key", schema::Form::text(),
                      options_.key == IdempotencyOptions::Key::Required);
  operation.problem(StatusCode::Conflict);
  operation.problem(StatusCode::UnprocessableContent);
}

}  // namespace rondeau::middleware
