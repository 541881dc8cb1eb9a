// RequestBuilder: one request, put together and sent.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <rondeau/base/instant.h>
#include <rondeau/client/error.h>
#include <rondeau/client/form.h>
#include <rondeau/client/form_data.h>
#include <rondeau/client/redirect.h>
#include <rondeau/client/request_body.h>
#include <rondeau/client/response.h>
#include <rondeau/client/upgraded.h>
#include <rondeau/crypto/secret.h>
#include <rondeau/http/headers.h>
#include <rondeau/http/method.h>
#include <rondeau/json/write.h>
#include <rondeau/task/task.h>

namespace rondeau::client {

class ClientCore;
struct Call;

/// `co_await client.post("https://api.example/users").bearer(token).json(user).send_json<Created>()`.
///
/// Everything is put into bytes of its own when it is called; what was wrong is the result of sending. The task that a
/// send returns does nothing until it is awaited, and may be destroyed anywhere: a request under way is given up, and its
/// connection closed. Thread safety: as for a std::string.
class [[nodiscard("a request is sent by send()")]] RequestBuilder {
 public:
  RequestBuilder(std::shared_ptr<const ClientCore> core, http::Method method, const Result<std::string>& url);
  RequestBuilder(RequestBuilder&&) noexcept;
  RequestBuilder& operator=(RequestBuilder&&) noexcept;
  ~RequestBuilder();

  /// Sets a field. Host, Connection, Content-Length, Transfer-Encoding and their kin are the client's own: an error.
  RequestBuilder&& header(http::HeaderName name, std::string_view value) &&;
  RequestBuilder&& header(std::string_view name, std::string_view value) &&;
  /// A field that goes to this origin alone: a redirection to another one drops it.
  RequestBuilder&& header(std::string_view name, const crypto::Secret<std::string>& value) &&;
  RequestBuilder&& headers(const http::Headers& fields) &&;
  RequestBuilder&& bearer(std::string_view token) &&;
  RequestBuilder&& bearer(const crypto::Secret<std::string>& token) &&;
  RequestBuilder&& basic(std::string_view user, std::string_view password) &&;
  /// Adds a pair to the query.
  RequestBuilder&& query(std::string_view name, std::string_view value) &&;
  template <std::integral N>
    requires(!std::same_as<N, bool> && !std::same_as<N, char>)
  RequestBuilder&& query(std::string_view name, N value) && {
    return std::move(*this).query(name, std::string_view(std::to_string(value)));
  }

  /// Adds the members of a struct to the query.
  template <class T>
    requires std::is_aggregate_v<T>
  RequestBuilder&& query(const T& value) && {
    return std::move(*this).query_text(form_text(value));
  }

  // The body; the last one counts. Without a content type none is set.

  RequestBuilder&& body(std::string content, std::string_view content_type = "application/octet-stream") &&;
  RequestBuilder&& body(RequestBody content, std::string_view content_type = "application/octet-stream") &&;
  /// From a struct, or anything else that is described, as JSON.
  template <class T>
  RequestBuilder&& json(const T& value) && {
    return std::move(*this).written(rondeau::json::to_string(value), "application/json");
  }
  /// From a struct, as browsers send a form without files.
  template <class T>
  RequestBuilder&& form(const T& value) && {
    return std::move(*this).written(form_text(value), "application/x-www-form-urlencoded");
  }
  /// A form with files.
  RequestBuilder&& form(const FormData& form) &&;

  /// The end of all of it; nullopt: none but the deadline of the context.
  RequestBuilder&& timeout(std::optional<Duration> total) &&;
  RequestBuilder&& redirects(RedirectPolicy policy) &&;
  /// Of the body, where it is collected, in bytes.
  RequestBuilder&& max_body(std::uint64_t bytes) &&;
  /// What the Host field says, where that is not the host to connect to.
  RequestBuilder&& authority(std::string_view host) &&;
  /// Wait with the body until the server asks for it, for as long as Timeouts::expect (RFC 9110 §10.1.1).
  RequestBuilder&& expect_continue() &&;
  /// A random Idempotency-Key: the request may be sent again where nobody knows whether it arrived.
  RequestBuilder&& idempotent() &&;
  /// The key of one's own.
  RequestBuilder&& idempotency_key(std::string_view key) &&;

  /// Sends it, follows redirections, and gives the answer as soon as its head is there, whatever its status.
  task::Task<Result<Response, Error>> send() &&;
  /// The same with a 2xx alone, and its body.
  task::Task<Result<Bytes, Error>> send_bytes() &&;
  task::Task<Result<std::string, Error>> send_text() &&;
  template <class T>
  task::Task<Result<T, Error>> send_json() && {
    return answer_as_json<T>(std::move(*this).send());
  }
  /// Asks for another protocol on the connection, such as "websocket" (RFC 9110 §7.8): the answer has to be a 101. There
  /// is no body. Client::websocket() is made of this.
  ///
  /// Errors: also Status where the answer is none, Protocol where it speaks of another protocol.
  task::Task<Result<Upgraded, Error>> upgrade(std::string_view protocol) &&;

 private:
  friend class EventSourceBuilder;
  friend class ReverseProxy;
  friend class WebSocketBuilder;
  RequestBuilder&& written(Result<std::string> text, std::string_view content_type) &&;
  RequestBuilder&& query_text(const Result<std::string>& pairs) &&;
  void refuse(ErrorKind kind, std::string_view why);

  template <class T>
  static task::Task<Result<T, Error>> answer_as_json(task::Task<Result<Response, Error>> sent) {
    Result<Response, Error> response = co_await std::move(sent);
    if (!response) co_return std::move(response).error();
    Result<Response, Error> good = std::move(*response).error_for_status();
    if (!good) co_return std::move(good).error();
    co_return co_await good->template json<T>();
  }

  std::shared_ptr<const ClientCore> core_;
  std::unique_ptr<Call> call_;
};

}  // namespace rondeau::client
