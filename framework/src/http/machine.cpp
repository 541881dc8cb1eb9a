#include "http/machine.h"

#include <cstring>
#include <utility>

#include <rondeau/text/ascii.h>

namespace rondeau::http {

static_assert(LLHTTP_VERSION_MAJOR >= 9 || LLHTTP_STRICT_MODE == 1, "llhttp must be built strict");

struct Machine::Callbacks {
  static Machine& self(llhttp_t* parser) noexcept { return *static_cast<Machine*>(parser->data); }

  static Slice place(const Machine& machine, const char* at, std::size_t length) noexcept {
    return {static_cast<std::uint32_t>(at - machine.base_), static_cast<std::uint32_t>(length)};
  }

  static int on_name(llhttp_t* parser, const char* at, std::size_t length) {
    Machine& machine = self(parser);
    HeadField& field = machine.fields_->emplace_back();
    field.name = place(machine, at, length);
    field.value = {field.name.offset + field.name.length, 0};
    field.id = find_header_name({at, length});
    return 0;
  }

  static int on_value(llhttp_t* parser, const char* at, std::size_t length) {
    Machine& machine = self(parser);
    // A second span of one value is a fold, and those were refused before.
    if (machine.fields_->empty() || machine.fields_->back().value.length != 0) return -1;
    // Values arrive with the blanks behind them.
    std::string_view value = text::trim({at, length});
    machine.fields_->back().value = place(machine, value.data(), value.size());
    return 0;
  }

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
    settings.on_header_field = on_name;
    settings.on_header_value = on_value;
    settings.on_body = on_body;
    settings.on_chunk_header = on_chunk_header;
    settings.on_message_complete = on_message_complete;
    return settings;
  }
};

void Machine::begin() noexcept {
  static const llhttp_settings_t settings = Callbacks::make();
  llhttp_init(&parser_, HTTP_REQUEST, &settings);
  paused_at_ = Stop::Input;
  content_size_ = 0;
}

bool Machine::head(std::string_view text, const char* base, std::vector<HeadField>& fields) noexcept {
  return section(text, base, fields, false);
}

bool Machine::trailers(std::string_view text, const char* base, std::vector<HeadField>& fields) noexcept {
  llhttp_resume(&parser_);
  return section(text, base, fields, true) && paused_at_ == Stop::Complete;
}

bool Machine::section(std::string_view text, const char* base, std::vector<HeadField>& fields,
                      bool expect_end) noexcept {
  parser_.data = this;
  base_ = base;
  fields_ = &fields;
  paused_at_ = Stop::Input;
  llhttp_errno_t result = llhttp_execute(&parser_, text.data(), text.size());
  fields_ = nullptr;
  // A head without body completes the message; one that asks for an upgrade may say so by its own code.
  if (result == HPE_OK) return !expect_end;
  if (result != HPE_PAUSED && result != HPE_PAUSED_UPGRADE) return false;
  return llhttp_get_error_pos(&parser_) == text.data() + text.size();
}

Machine::Run Machine::body(std::span<char> input) noexcept {
  parser_.data = this;
  if (llhttp_get_errno(&parser_) == HPE_PAUSED) llhttp_resume(&parser_);
  paused_at_ = Stop::Input;
  llhttp_errno_t result = llhttp_execute(&parser_, input.data(), input.size());
  if (result == HPE_OK) return {Stop::Input, input.size()};
  auto consumed = static_cast<std::size_t>(llhttp_get_error_pos(&parser_) - input.data());
  return {result == HPE_PAUSED ? paused_at_ : Stop::Error, consumed};
}

std::string_view Machine::take_content() noexcept {
  return {content_, std::exchange(content_size_, 0)};
}

}  // namespace rondeau::http
