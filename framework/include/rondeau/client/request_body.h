// RequestBody: what a client sends behind a head, and whether it can be sent twice.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include <rondeau/base/bytes.h>
#include <rondeau/base/result.h>
#include <rondeau/fs/open_options.h>
#include <rondeau/http/body.h>
#include <rondeau/http/response.h>
#include <rondeau/task/task.h>

namespace rondeau::client {

/// Pulls the pieces of a stream; an empty piece is skipped.
template <http::PieceStream S>
class StreamSource final : public http::BodySource {
 public:
  explicit StreamSource(S pieces) : pieces_(std::move(pieces)) {}

  task::Task<Result<Bytes>> next() override {
    while (auto item = co_await pieces_.next()) {
      if constexpr (base::is_result<task::ItemOf<S>>) {
        if (!*item) co_return std::move(*item).error();
        Bytes piece(**std::move(item));
        if (!piece.empty()) co_return piece;
      } else {
        Bytes piece(*std::move(item));
        if (!piece.empty()) co_return piece;
      }
    }
    co_return Bytes();
  }

 private:
  S pieces_;
};

/// Bytes, a file, or a stream. Bytes, files and factories can be sent again after a redirect, a stale connection or a
/// retry; a plain stream cannot.
///
/// A length that is known becomes Content-Length, and the body has to keep to it: what gives more or less is an error
/// of the call (InvalidData), never a message that ends elsewhere. Copies share their content. Thread safety: as for a
/// std::string, and open() at several copies at once.
class RequestBody {
 public:
  using Open = std::function<Result<std::unique_ptr<http::BodySource>>()>;

  /// No body.
  RequestBody() = default;
  explicit RequestBody(Bytes bytes) : bytes_(std::move(bytes)), has_bytes_(true) {}
  explicit RequestBody(std::string text) : RequestBody(Bytes(std::move(text))) {}

  /// Pieces as they come, once.
  template <http::PieceStream S>
  static RequestBody stream(S pieces, std::optional<std::uint64_t> length = std::nullopt) {
    return once(std::make_unique<StreamSource<S>>(std::move(pieces)), length);
  }
  /// A stream that `make` gives anew for each attempt. It is called from one task at a time.
  template <class F>
    requires http::PieceStream<std::invoke_result_t<F&>>
  static RequestBody factory(F make, std::optional<std::uint64_t> length = std::nullopt) {
    auto kept = std::make_shared<F>(std::move(make));
    return again(
        [kept]() -> Result<std::unique_ptr<http::BodySource>> {
          return std::make_unique<StreamSource<std::invoke_result_t<F&>>>((*kept)());
        },
        length);
  }
  /// The content of a file as it is now: its length is looked at here, its bytes are read when they are sent.
  ///
  /// Errors: what opening it reports. Cancellation: safe.
  static task::Task<Result<RequestBody>> file(fs::Path path);
  /// A source that can be read once.
  static RequestBody once(std::unique_ptr<http::BodySource> source, std::optional<std::uint64_t> length = std::nullopt);
  /// One that can be made as often as needed.
  static RequestBody again(Open open, std::optional<std::uint64_t> length = std::nullopt);

  bool is_none() const noexcept { return !has_bytes_ && open_ == nullptr; }
  /// The content, where it lies in memory.
  const Bytes* bytes() const noexcept { return has_bytes_ ? &bytes_ : nullptr; }
  /// Bytes, where that is known; 0 for none.
  std::optional<std::uint64_t> length() const noexcept;
  /// Whether open() works again when the content has been read.
  bool is_replayable() const noexcept { return replayable_; }
  /// Whether open() works now: also of a stream that nobody has asked for a byte.
  bool can_be_opened() const;
  /// A source from the first byte on, held to length().
  ///
  /// Errors: Closed for a stream that was opened before; what a factory reports.
  Result<std::unique_ptr<http::BodySource>> open() const;

 private:
  Bytes bytes_;
  std::shared_ptr<const Open> open_;
  std::optional<std::uint64_t> length_;
  bool has_bytes_ = false;
  bool replayable_ = true;
};

}  // namespace rondeau::client
