#include <rondeau/client/request_body.h>

#include <algorithm>
#include <mutex>
#include <span>

#include <rondeau/base/assert.h>
#include <rondeau/fs/file.h>

namespace rondeau::client {
namespace {

constexpr std::size_t kFilePiece = 64 * 1024;

class BytesSource final : public http::BodySource {
 public:
  explicit BytesSource(Bytes bytes) noexcept : bytes_(std::move(bytes)) {}

  task::Task<Result<Bytes>> next() override { co_return std::exchange(bytes_, Bytes()); }
  std::optional<std::uint64_t> remaining() const noexcept override { return bytes_.size(); }

 private:
  Bytes bytes_;
};

class FileSource final : public http::BodySource {
 public:
  FileSource(std::shared_ptr<const fs::File> file, std::uint64_t size) noexcept : file_(std::move(file)), size_(size) {}

  task::Task<Result<Bytes>> next() override {
    std::string piece(static_cast<std::size_t>(std::min<std::uint64_t>(kFilePiece, size_ - at_)), '\0');
    if (piece.empty()) co_return Bytes();
    RONDEAU_TRY(const std::size_t count, co_await file_->read_at(std::as_writable_bytes(std::span(piece)), at_));
    piece.resize(count);
    at_ += count;
    co_return Bytes(std::move(piece));
  }
  std::optional<std::uint64_t> remaining() const noexcept override { return size_ - at_; }

 private:
  const std::shared_ptr<const fs::File> file_;
  const std::uint64_t size_;
  std::uint64_t at_ = 0;
};

/// Holds a source to the length that was said.
class MeasuredSource final : public http::BodySource {
 public:
  MeasuredSource(std::unique_ptr<http::BodySource> source, std::uint64_t length) noexcept
      : source_(std::move(source)), left_(length) {}

  task::Task<Result<Bytes>> next() override {
    if (wrong_) co_return wrong();
    RONDEAU_TRY(Bytes piece, co_await source_->next());
    wrong_ = piece.size() > left_ || (piece.empty() && left_ > 0);
    if (wrong_) co_return wrong();
    left_ -= piece.size();
    co_return piece;
  }
  std::optional<std::uint64_t> remaining() const noexcept override { return left_; }

 private:
  static rondeau::Error wrong() {
    return rondeau::Error(Errc::InvalidData, "request body: of another length than was said");
  }

  const std::unique_ptr<http::BodySource> source_;
  std::uint64_t left_;
  bool wrong_ = false;
};

/// A source that can be read once, between those who open it: until its first byte was asked for, it can be given back.
class Once {
 public:
  explicit Once(std::unique_ptr<http::BodySource> source) noexcept : source_(std::move(source)) {}

  std::unique_ptr<http::BodySource> take() {
    const std::lock_guard lock(mutex_);
    return std::move(source_);
  }
  void give_back(std::unique_ptr<http::BodySource> source) noexcept {
    const std::lock_guard lock(mutex_);
    source_ = std::move(source);
  }

 private:
  std::mutex mutex_;
  std::unique_ptr<http::BodySource> source_;
};

class OnceSource final : public http::BodySource {
 public:
  OnceSource(std::shared_ptr<Once> home, std::unique_ptr<http::BodySource> source) noexcept
      : home_(std::move(home)), source_(std::move(source)) {}
  ~OnceSource() override {
    if (home_) home_->give_back(std::move(source_));
  }

  task::Task<Result<Bytes>> next() override {
    home_.reset();
    return source_->next();
  }
  std::optional<std::uint64_t> remaining() const noexcept override { return source_->remaining(); }
  const http::Headers& trailers() const noexcept override { return source_->trailers(); }

 private:
  std::shared_ptr<Once> home_;
  std::unique_ptr<http::BodySource> source_;
};

}  // namespace

task::Task<Result<RequestBody>> RequestBody::file(fs::Path path) {
  RONDEAU_TRY(fs::File opened, co_await fs::File::open(path));
  RONDEAU_TRY(const fs::Metadata metadata, co_await opened.metadata());
  if (!metadata.is_file()) co_return rondeau::Error(Errc::InvalidArgument, path.string() + " is no regular file");
  auto shared = std::make_shared<const fs::File>(std::move(opened));
  const std::uint64_t size = metadata.len();
  co_return again(
      [shared, size]() -> Result<std::unique_ptr<http::BodySource>> {
        return std::make_unique<FileSource>(shared, size);
      },
      size);
}

RequestBody RequestBody::once(std::unique_ptr<http::BodySource> source, std::optional<std::uint64_t> length) {
  auto home = std::make_shared<Once>(std::move(source));
  RequestBody body = again(
      [home]() -> Result<std::unique_ptr<http::BodySource>> {
        std::unique_ptr<http::BodySource> taken = home->take();
        if (taken == nullptr) return rondeau::Error(Errc::Closed, "request body: a stream that was sent already");
        return std::make_unique<OnceSource>(home, std::move(taken));
      },
      length);
  body.replayable_ = false;
  return body;
}

bool RequestBody::can_be_opened() const {
  return replayable_ || open().has_value();
}

RequestBody RequestBody::again(Open open, std::optional<std::uint64_t> length) {
  RequestBody body;
  body.open_ = std::make_shared<const Open>(std::move(open));
  body.length_ = length;
  return body;
}

std::optional<std::uint64_t> RequestBody::length() const noexcept {
  return open_ == nullptr ? bytes_.size() : length_;
}

Result<std::unique_ptr<http::BodySource>> RequestBody::open() const {
  if (open_ == nullptr) return std::make_unique<BytesSource>(bytes_);
  RONDEAU_TRY_PLAIN(std::unique_ptr<http::BodySource> source, (*open_)());
  if (length_) source = std::make_unique<MeasuredSource>(std::move(source), *length_);
  return source;
}

}  // namespace rondeau::client
