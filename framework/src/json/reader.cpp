#include "json/reader.h"

#include <algorithm>

#include <rondeau/reflect/nearest.h>
#include <rondeau/reflect/violations.h>
#include <rondeau/reflect/walk.h>

#include "json/output.h"
#include "json/parser.h"
#include "reflect/pointer.h"

namespace rondeau::json {

using reflect::as;
using reflect::Kind;

Result<void, Errors> read_value(std::string_view text, const reflect::Descriptor& type, void* value,
                                const ReadOptions& options) {
  Reader reader(type, value, options);
  run_parser(text, options.comments, reader);
  if (!reader.errors().entries.empty()) return std::move(reader.errors());
  return {};
}

Result<void, Errors> read_plain_text(std::string_view text, const reflect::Descriptor& type, void* value) {
  const Kind kind = reflect::plain_type(type).kind;
  const bool is_text = kind == Kind::String || kind == Kind::Text || kind == Kind::Enum;
  const bool is_null = text == "null" && type.kind == Kind::Optional;
  if (!is_text || is_null) return read_value(text, type, value, {});
  std::string quoted;
  Output output(quoted);
  put_string(output, text);
  output.flush();
  return read_value(quoted, type, value, {});
}

bool Reader::token(Token token, std::string& text) {
  if (search_.type != nullptr) return search(token, text);
  switch (token.kind) {
    case TokenKind::Key:
      return key(text);
    case TokenKind::EndObject:
    case TokenKind::EndArray:
      return end();
    default:
      return value(token, text);
  }
}

bool Reader::value(Token token, std::string& text) {
  Slot slot;
  const std::size_t unfinished = unfinished_.size();
  if (!next_slot(slot)) return false;
  if (slot.type == nullptr) return skip(token);
  return store(slot, token, text, unfinished);
}

bool Reader::next_slot(Slot& slot) {
  if (frames_.empty()) {
    slot = root_;
    return true;
  }
  Frame& frame = frames_.back();
  slot = is_array(frame.mode) ? element_slot(frame) : frame.next;
  return !stopped_;
}

Reader::Slot Reader::element_slot(Frame& frame) {
  const std::size_t index = frame.index++;
  frame.step = Step::Index;
  if (frame.mode == Mode::SkippedArray) return {};
  if (frame.mode == Mode::DocumentArray) return {frame.container.type, document_element(frame.container.address)};
  if (frame.mode == Mode::Tuple) {
    const auto& tuple = as<reflect::TupleDescriptor>(*frame.container.type);
    if (index >= tuple.count) return {};  // counted at the end
    return {&tuple.element_type(index), const_cast<void*>(tuple.element(frame.container.address, index))};
  }
  const auto& sequence = as<reflect::SequenceDescriptor>(*frame.container.type);
  void* slot = sequence.append(frame.container.address);
  if (sequence.commit != nullptr) unfinished_.push_back({&sequence, frame.container.address, slot});
  return {sequence.element, slot};
}

bool Reader::skip(Token token) {
  if (token.kind == TokenKind::BeginObject) return open(Mode::SkippedObject, {}, unfinished_.size());
  if (token.kind == TokenKind::BeginArray) return open(Mode::SkippedArray, {}, unfinished_.size());
  return !stopped_;
}

bool Reader::open(Mode mode, Slot container, std::size_t unfinished) {
  if (frames_.size() >= options_.limits.depth) return too_deep();
  if (frames_.empty()) frames_.reserve(4);
  frames_.push_back({.mode = mode,
                     .container = container,
                     .unfinished = unfinished,
                     .errors = errors_.entries.size(),
                     .addresses = addresses_.size()});
  if (mode == Mode::Struct) {
    const auto& type = as<reflect::StructDescriptor>(*container.type);
    addresses_.resize(addresses_.size() + type.fields.size() + 1);
    type.addresses(container.address, addresses_.data() + frames_.back().addresses);
  }
  return !stopped_;
}

bool Reader::key(std::string& text) {
  Frame& frame = frames_.back();
  if (frame.mode == Mode::Struct) return struct_key(frame, text);
  frame.step = Step::Key;
  frame.key = text;
  if (frame.mode == Mode::Map) return map_key(frame, text);
  if (frame.mode == Mode::DocumentObject) {
    frame.next = {frame.container.type, document_member(frame.container.address, text)};
    return frame.next.address != nullptr || fatal(codes::kDuplicate, "stands there twice");
  }
  frame.other_keys.push_back(std::move(text));
  return true;
}

bool Reader::struct_key(Frame& frame, std::string& text) {
  const auto& type = as<reflect::StructDescriptor>(*frame.container.type);
  const std::size_t count = type.fields.size();
  std::size_t index = frame.expected;
  if (index >= count || type.fields[index].name != text) {
    index = 0;
    while (index < count && type.fields[index].name != text) ++index;
  }
  if (index == count) {
    frame.step = Step::Key;
    frame.key = text;
    frame.next = {};
    if (!frame.tag.empty() && text == frame.tag) return fatal(codes::kDuplicate, "stands there twice");
    if (options_.unknown == Unknown::Refused || type.deny_unknown) {
      std::vector<std::string_view> names;
      for (const reflect::Field& field : type.fields) names.push_back(field.name);
      const std::string_view nearest = reflect::nearest(text, names);
      if (!error(codes::kUnknown, nearest.empty() ? std::string("is unknown here")
                                                  : "is unknown here, did you mean " + std::string(nearest) + "?")) {
        return false;
      }
    }
    frame.other_keys.push_back(std::move(text));
    return true;
  }
  frame.step = Step::Field;
  frame.field = type.fields[index].name;
  const std::uint64_t bit = std::uint64_t{1} << index;
  if ((frame.seen & bit) != 0) return fatal(codes::kDuplicate, "stands there twice");
  frame.seen |= bit;
  frame.expected = static_cast<std::uint32_t>(index + 1);
  frame.next = {type.fields[index].type, const_cast<void*>(addresses_[frame.addresses + index])};
  return true;
}

bool Reader::map_key(Frame& frame, std::string& text) {
  const auto& map = as<reflect::MapDescriptor>(*frame.container.type);
  auto outcome = reflect::Emplaced::Yes;
  frame.next = {map.value, map.emplace(frame.container.address, text, outcome)};
  if (outcome == reflect::Emplaced::Yes) return true;
  if (outcome == reflect::Emplaced::Duplicate) return fatal(codes::kDuplicate, "stands there twice");
  frame.next = {};
  frame.other_keys.push_back(std::move(text));
  return error(codes::kUnknown, "is none of the names allowed here");
}

bool Reader::end() {
  Frame& frame = frames_.back();
  if (!check_other_keys(frame)) return false;
  frame.step = Step::None;
  if (frame.mode == Mode::Struct) end_struct(frame);
  if (frame.mode == Mode::Tuple) {
    const std::size_t count = as<reflect::TupleDescriptor>(*frame.container.type).count;
    if (frame.index != count) error(codes::kType, "must have " + std::to_string(count) + " items");
  }
  const bool is_leaf = is_array(frame.mode) || frame.mode == Mode::DocumentObject;
  const bool failed = errors_.entries.size() > frame.errors;
  const std::size_t unfinished = frame.unfinished;
  addresses_.resize(frame.addresses);
  frames_.pop_back();
  finish(unfinished, failed ? Outcome::Failed : Outcome::Complete);
  if (is_leaf && !failed) stored();
  return !stopped_;
}

// Sorting finds a repeated key without hashing what a peer chose.
bool Reader::check_other_keys(Frame& frame) {
  std::sort(frame.other_keys.begin(), frame.other_keys.end());
  const auto twice = std::adjacent_find(frame.other_keys.begin(), frame.other_keys.end());
  if (twice == frame.other_keys.end()) return true;
  frame.step = Step::Key;
  frame.key = *twice;
  return fatal(codes::kDuplicate, "stands there twice");
}

void Reader::end_struct(Frame& frame) {
  const auto& type = as<reflect::StructDescriptor>(*frame.container.type);
  // Elements of a list or a map come with it, and so does all of each.
  const bool whole = options_.absent == Absent::ByType || std::ranges::any_of(frames_, [](const Frame& outer) {
                       return is_array(outer.mode) || outer.mode == Mode::Map;
                     });
  for (std::size_t i = 0; i < type.fields.size() && whole; ++i) {
    if ((frame.seen >> i & 1) != 0 || reflect::may_be_absent(type, i)) continue;
    frame.step = Step::Field;
    frame.field = type.fields[i].name;
    error(codes::kRequired, "is required");
  }
  frame.step = Step::None;
  if (type.validate == nullptr || errors_.entries.size() > frame.errors || options_.absent == Absent::Kept) return;
  reflect::Violations wrong(options_.limits.errors - errors_.entries.size());
  type.validate(frame.container.address, wrong);
  const std::string here = pointer();
  for (reflect::Violation& violation : std::move(wrong).take(type, frame.container.address)) {
    error_at(here + violation.pointer, violation.code, std::move(violation.message));
  }
}

// For settings: which values came from this text. Elements of a list come with the list.
void Reader::stored() {
  if (!options_.on_value) return;
  for (const Frame& frame : frames_) {
    if (is_array(frame.mode) || frame.mode == Mode::DocumentObject || frame.mode == Mode::SkippedObject) return;
  }
  options_.on_value(pointer());
}

std::string Reader::pointer() const {
  std::string pointer;
  for (const Frame& frame : frames_) {
    switch (frame.step) {
      case Step::None:
        return pointer;
      case Step::Field:
        reflect::append_step(pointer, frame.field);
        break;
      case Step::Key:
        reflect::append_step(pointer, frame.key);
        break;
      case Step::Index:
        reflect::append_step(pointer, std::to_string(frame.index - 1));
        break;
    }
  }
  return pointer;
}

bool Reader::error(std::string_view code, std::string message) {
  return error_at(pointer(), code, std::move(message));
}

bool Reader::error_at(std::string pointer, std::string_view code, std::string message) {
  if (stopped_) return false;
  errors_.entries.push_back({std::move(pointer), std::string(code), std::move(message)});
  if (errors_.entries.size() >= options_.limits.errors) stopped_ = true;
  return !stopped_;
}

bool Reader::fatal(std::string_view code, std::string message) {
  if (!stopped_) {
    errors_.malformed = true;
    errors_.entries.assign(1, {pointer(), std::string(code), std::move(message)});
    stopped_ = true;
  }
  return false;
}

bool Reader::too_deep() {
  return fatal(codes::kTooDeep, "has more than " + std::to_string(options_.limits.depth) + " levels");
}

void Reader::malformed(std::size_t position) {
  if (stopped_) return;
  errors_.malformed = true;
  errors_.entries.assign(1, {"", std::string(codes::kSyntax), "is no valid JSON at byte " + std::to_string(position)});
  stopped_ = true;
}

void Reader::number_overflows() {
  error(codes::kRange, "is a number too large to hold");
  stopped_ = true;
}

}  // namespace rondeau::json
