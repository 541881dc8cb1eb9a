#include "http/machine.h"

#include <cstring>
#include <utility>

namespace rondeau::http {

static_assert(LLHTTP_VERSION_MAJOR >= 9 || LLHTTP_STRICT_MODE == 1, "llhttp must be built strict");

struct Machine::Callbacks {
  static Machine& self(llhttp_t* parser) noexcept { return *static_cast<Machine*>(parser->data); }

  static int on_body(llhttp_t* parser, const char* at, std::size_t length) {
    Machine& machine = self(parser);
    // The input is ours to write: body() takes it as such.
    char* from = const_cast<char*>(at);
    if (machine.content_size_ == 0) {
      machine.content_ = from;
    } else if (machine.content_ + machine.content_size_ != from) {
      std::memmove(machine.content_ + machine.content_size_, from, length);
    }
    machine.content_size_ += length;
    return 0;
  }

  static int on_chunk_header(llhttp_t* parser) {
    self(parser).paused_at_ = Stop::ChunkHeader;
    return HPE_PAUSED;
  }

  static int on_message_complete(llhttp_t* parser) {
    self(parser).paused_at_ = Stop::Complete;
    return HPE_PAUSED;
  }

  static llhttp_settings_t make() noexcept {
    llhttp_settings_t settings;
    llhttp_settings_init(&settings);
    settings.on_body = on_body;
    settings.on_chunk_header = on_chunk_header;
    settings.on_message_complete = on_message_complete;
    return settings;
  }
};

bool Machine::head(Kind kind, std::string_view text) noexcept {
  static const llhttp_settings_t settings = Callbacks::make();
  llhttp_init(&parser_, kind == Kind::Request ? HTTP_REQUEST : HTTP_RESPONSE, &settings);
  content_size_ = 0;
  switch (execute(text)) {
    case HPE_OK:
      return true;
    // Without body the message is complete; one that asks for an upgrade may say so by a code of its own.
    case HPE_PAUSED:
    case HPE_PAUSED_UPGRADE:
      return at_end_of(text);
    default:
      return false;
  }
}

bool Machine::trailers(std::string_view text) noexcept {
  llhttp_resume(&parser_);
  return execute(text) == HPE_PAUSED && paused_at_ == Stop::Complete && at_end_of(text);
}

llhttp_errno_t Machine::execute(std::string_view text) noexcept {
  parser_.data = this;
  paused_at_ = Stop::Input;
  return llhttp_execute(&parser_, text.data(), text.size());
}

bool Machine::at_end_of(std::string_view text) noexcept {
  return llhttp_get_error_pos(&parser_) == text.data() + text.size();
}

Machine::Run Machine::body(std::span<char> input) noexcept {
  if (llhttp_get_errno(&parser_) == HPE_PAUSED) llhttp_resume(&parser_);
  llhttp_errno_t result = execute({input.data(), input.size()});
  if (result == HPE_OK) return {Stop::Input, input.size()};
  auto consumed = static_cast<std::size_t>(llhttp_get_error_pos(&parser_) - input.data());
  return {result == HPE_PAUSED ? paused_at_ : Stop::Error, consumed};
}

std::string_view Machine::take_content() noexcept {
  return {content_, std::exchange(content_size_, 0)};
}

}  // namespace rondeau::http
