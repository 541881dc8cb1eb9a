#include <rondeau/http/file_body.h>

#include <cstdio>
#include <memory>
#include <string>
#include <utility>

namespace rondeau::http {
namespace {

class FileProducer final : public BodyProducer {
 public:
  FileProducer(fs::File file, std::uint64_t size) : file_(std::move(file)), size_(size) {}

  task::Task<Result<void>> produce(BodyWriter& writer) override { return produce_part(writer, 0, size_); }
  std::optional<std::uint64_t> seekable_length() const noexcept override { return size_; }
  task::Task<Result<void>> produce_part(BodyWriter& writer, std::uint64_t offset, std::uint64_t length) override {
    Result<void> sent = co_await writer.write_file(file_, offset, length);
    // The peer sees an answer that breaks off, and cannot know why.
    if (!sent && sent.error() == Errc::InvalidData) {
      const std::string why = sent.error().message();
      std::fprintf(stderr, "rondeau: an answer is cut: %s\n", why.c_str());
    }
    co_return sent;
  }

 private:
  fs::File file_;
  std::uint64_t size_;
};

}  // namespace

ResponseBody file_body(fs::File file, std::uint64_t size) {
  return ResponseBody(std::make_unique<FileProducer>(std::move(file), size));
}

void set_file_body(Response& response, fs::File file, std::uint64_t size) {
  response.set_body(file_body(std::move(file), size));
  response.header(HeaderName::ContentLength, std::to_string(size));
}

}  // namespace rondeau::http
