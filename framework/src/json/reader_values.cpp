// One value into one slot: through its wrappers, checked, with an error where it does not fit.
#include <cstring>
#include <limits>
#include <utility>

#include <rondeau/reflect/checked.h>

#include "json/expected.h"
#include "json/reader.h"

namespace rondeau::json {

using reflect::as;
using reflect::Kind;

bool Reader::store(Slot slot, Token token, std::string& text, std::size_t unfinished) {
  const std::size_t errors = errors_.entries.size();
  if (unwrap(slot, token)) {
    if (token.kind == TokenKind::BeginObject) return begin_object(slot, token, unfinished);
    if (token.kind == TokenKind::BeginArray) return begin_array(slot, token, unfinished);
    scalar(slot, token, text);
  }
  const bool failed = errors_.entries.size() > errors;
  finish(unfinished, failed ? Outcome::Failed : Outcome::Complete);
  if (errors_.entries.size() == errors) stored();
  return !stopped_;
}

namespace {

bool accepts(const reflect::Descriptor& type, TokenKind token) {
  switch (type.kind) {
    case Kind::Null:
      return token == TokenKind::Null;
    case Kind::Bool:
      return token == TokenKind::Bool;
    case Kind::Signed:
    case Kind::Unsigned:
    case Kind::Floating:
      return token == TokenKind::Signed || token == TokenKind::Unsigned || token == TokenKind::Floating ||
             token == TokenKind::BigInteger;
    case Kind::String:
    case Kind::Text:
    case Kind::Enum:
      return token == TokenKind::String;
    case Kind::Struct:
    case Kind::Map:
      return token == TokenKind::BeginObject;
    case Kind::Sequence:
    case Kind::Tuple:
      return token == TokenKind::BeginArray;
    case Kind::Checked:
      return accepts(*as<reflect::CheckedDescriptor>(type).inner, token);
    case Kind::Converted:
      return accepts(*as<reflect::ConvertedDescriptor>(type).inner, token);
    case Kind::Optional:
      return token == TokenKind::Null || accepts(*as<reflect::OptionalDescriptor>(type).inner, token);
    case Kind::Variant:
      return !as<reflect::VariantDescriptor>(type).tag.empty() && token == TokenKind::BeginObject;
    case Kind::Document:
      return true;
  }
  return false;
}

}  // namespace

// False: the value went no further, as null does in an optional.
bool Reader::unwrap(Slot& slot, Token token) {
  while (true) {
    switch (slot.type->kind) {
      case Kind::Optional: {
        const auto& optional = as<reflect::OptionalDescriptor>(*slot.type);
        if (token.kind == TokenKind::Null && optional.may_be_null) return optional.set_null(slot.address), false;
        const bool keep = options_.absent == Absent::Kept && optional.inner->kind == Kind::Struct &&
                          optional.presence(slot.address) == reflect::Presence::Value;
        slot = {optional.inner, keep ? const_cast<void*>(optional.get(slot.address)) : optional.emplace(slot.address)};
        break;
      }
      case Kind::Checked:
        unfinished_.push_back({slot.type, slot.address, nullptr});
        slot.type = as<reflect::CheckedDescriptor>(*slot.type).inner;
        break;
      case Kind::Converted: {
        const auto& converted = as<reflect::ConvertedDescriptor>(*slot.type);
        void* form = converted.blank();
        unfinished_.push_back({slot.type, slot.address, form});
        slot = {converted.inner, form};
        break;
      }
      case Kind::Variant: {
        const auto& variant = as<reflect::VariantDescriptor>(*slot.type);
        if (!variant.tag.empty()) return true;
        std::size_t index = 0;
        while (index < variant.alternatives.size() && !accepts(*variant.alternatives[index].type, token.kind)) ++index;
        if (index == variant.alternatives.size()) return true;  // no slot takes it: a mismatch
        slot = {variant.alternatives[index].type, variant.emplace(slot.address, index)};
        break;
      }
      default:
        return true;
    }
  }
}

bool Reader::begin_object(Slot slot, Token token, std::size_t unfinished) {
  switch (slot.type->kind) {
    case Kind::Struct:
      return open(Mode::Struct, slot, unfinished);
    case Kind::Map:
      as<reflect::MapDescriptor>(*slot.type).clear(slot.address);
      return open(Mode::Map, slot, unfinished);
    case Kind::Document: {
      std::string none;
      store_document(slot.address, token, none);
      return open(Mode::DocumentObject, slot, unfinished);
    }
    case Kind::Variant:
      if (const auto& variant = as<reflect::VariantDescriptor>(*slot.type); !variant.tag.empty()) {
        if (frames_.size() >= options_.limits.depth) return too_deep();
        search_ = {.type = &variant, .address = slot.address, .unfinished = unfinished, .depth = 1, .kept = {}};
        return true;
      }
      break;
    default:
      break;
  }
  mismatch(*slot.type);
  finish(unfinished, Outcome::Failed);
  return skip(token);
}

bool Reader::begin_array(Slot slot, Token token, std::size_t unfinished) {
  switch (slot.type->kind) {
    case Kind::Sequence:
      as<reflect::SequenceDescriptor>(*slot.type).clear(slot.address);
      return open(Mode::Sequence, slot, unfinished);
    case Kind::Tuple:
      return open(Mode::Tuple, slot, unfinished);
    case Kind::Document: {
      std::string none;
      store_document(slot.address, token, none);
      return open(Mode::DocumentArray, slot, unfinished);
    }
    default:
      break;
  }
  mismatch(*slot.type);
  finish(unfinished, Outcome::Failed);
  return skip(token);
}

namespace {
// By memcpy: std::int64_t stands for long and long long here.
template <class T>
void put(void* address, T value) {
  std::memcpy(address, &value, sizeof value);
}
}  // namespace

bool Reader::scalar(Slot slot, Token token, std::string& text) {
  switch (slot.type->kind) {
    case Kind::Null:
      if (token.kind != TokenKind::Null) break;
      return true;
    case Kind::Bool:
      if (token.kind != TokenKind::Bool) break;
      return put(slot.address, token.boolean), true;
    case Kind::String:
      if (token.kind != TokenKind::String) break;
      *static_cast<std::string*>(slot.address) = std::move(text);
      return true;
    case Kind::Signed:
      return store_signed(slot, token);
    case Kind::Unsigned:
      return store_unsigned(slot, token);
    case Kind::Floating:
      return store_floating(slot, token);
    case Kind::Enum:
      if (token.kind != TokenKind::String) break;
      return store_enum(slot, text);
    case Kind::Text:
      if (token.kind != TokenKind::String) break;
      if (as<reflect::TextDescriptor>(*slot.type).read(slot.address, text)) return true;
      return error(codes::kFormat, expected(*slot.type));
    case Kind::Document:
      return store_document(slot.address, token, text), true;
    default:
      break;
  }
  return mismatch(*slot.type);
}

namespace {
// Whether a number that is no integer of 64 bits is one at all.
bool is_integer(TokenKind kind) {
  return kind == TokenKind::Signed || kind == TokenKind::Unsigned || kind == TokenKind::BigInteger;
}

template <class T>
bool put_if_it_fits(void* address, Token token) {
  const bool fits = token.kind == TokenKind::Signed     ? std::in_range<T>(token.negative)
                    : token.kind == TokenKind::Unsigned ? std::in_range<T>(token.natural)
                                                        : false;
  if (!fits) return false;
  put(address, token.kind == TokenKind::Signed ? static_cast<T>(token.negative) : static_cast<T>(token.natural));
  return true;
}
}  // namespace

bool Reader::store_signed(Slot slot, Token token) {
  if (!is_integer(token.kind)) return mismatch(*slot.type);
  const std::size_t size = slot.type->size;
  const bool fits = size == 1   ? put_if_it_fits<std::int8_t>(slot.address, token)
                    : size == 2 ? put_if_it_fits<std::int16_t>(slot.address, token)
                    : size == 4 ? put_if_it_fits<std::int32_t>(slot.address, token)
                                : put_if_it_fits<std::int64_t>(slot.address, token);
  return fits || error(codes::kRange, expected(*slot.type));
}

bool Reader::store_unsigned(Slot slot, Token token) {
  if (!is_integer(token.kind)) return mismatch(*slot.type);
  const std::size_t size = slot.type->size;
  const bool fits = size == 1   ? put_if_it_fits<std::uint8_t>(slot.address, token)
                    : size == 2 ? put_if_it_fits<std::uint16_t>(slot.address, token)
                    : size == 4 ? put_if_it_fits<std::uint32_t>(slot.address, token)
                                : put_if_it_fits<std::uint64_t>(slot.address, token);
  return fits || error(codes::kRange, expected(*slot.type));
}

bool Reader::store_floating(Slot slot, Token token) {
  double value = token.floating;
  switch (token.kind) {
    case TokenKind::Signed:
      value = static_cast<double>(token.negative);
      break;
    case TokenKind::Unsigned:
      value = static_cast<double>(token.natural);
      break;
    case TokenKind::Floating:
    case TokenKind::BigInteger:
      break;
    default:
      return mismatch(*slot.type);
  }
  if (slot.type->size == sizeof(double)) return put(slot.address, value), true;
  if (value > double{std::numeric_limits<float>::max()} || value < double{std::numeric_limits<float>::lowest()}) {
    return error(codes::kRange, "must fit a number of single precision");
  }
  return put(slot.address, static_cast<float>(value)), true;
}

bool Reader::store_enum(Slot slot, std::string_view text) {
  const auto& type = as<reflect::EnumDescriptor>(*slot.type);
  for (const reflect::Enumerator& candidate : type.enumerators) {
    if (candidate.name == text) return type.store(slot.address, candidate.value), true;
  }
  return error(codes::kEnum, expected(type));
}

bool Reader::mismatch(const reflect::Descriptor& type) {
  return error(codes::kType, expected(type));
}

void Reader::finish(std::size_t from, Outcome outcome) {
  while (unfinished_.size() > from) {
    const Unfinished wrapper = unfinished_.back();
    unfinished_.pop_back();
    const std::size_t errors = errors_.entries.size();
    finish_one(wrapper, outcome);
    if (errors_.entries.size() > errors) outcome = Outcome::Failed;
  }
}

void Reader::finish_one(const Unfinished& wrapper, Outcome outcome) {
  const bool complete = outcome == Outcome::Complete;
  switch (wrapper.type->kind) {
    case Kind::Checked:
      for (const reflect::Rule& rule : as<reflect::CheckedDescriptor>(*wrapper.type).rules) {
        if (complete && !rule.holds(wrapper.address)) error(codes::kRule, reflect::expectation(rule));
      }
      break;
    case Kind::Converted: {
      const auto& converted = as<reflect::ConvertedDescriptor>(*wrapper.type);
      std::string why;
      if (complete && !converted.assign(wrapper.address, wrapper.inner, why)) error(codes::kRule, std::move(why));
      converted.destroy(wrapper.inner);
      break;
    }
    default: {
      const auto& sequence = as<reflect::SequenceDescriptor>(*wrapper.type);
      complete ? sequence.commit(wrapper.address, wrapper.inner) : sequence.discard(wrapper.inner);
    }
  }
}

}  // namespace rondeau::json
