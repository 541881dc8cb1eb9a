#include "extract/pairs.h"

#include <array>
#include <bitset>

#include <rondeau/extract/from_text.h>
#include <rondeau/json/errors.h>
#include <rondeau/reflect/violations.h>
#include <rondeau/text/utf8.h>
#include <rondeau/url/query.h>

#include "reflect/pointer.h"

namespace rondeau::extract {
namespace {

using http::StatusCode;
using reflect::as;
using reflect::Kind;

bool refuse(const PairText& pairs, Rejection& rejection, StatusCode status, std::string_view name,
            std::string_view code, std::string_view message) {
  std::string pointer;
  if (pairs.named == Named::ByPointer) {
    reflect::append_step(pointer, name);
  } else {
    pointer = name;
  }
  // What cannot be read outweighs what does not fit.
  const bool malformed = !rejection.fields.empty() && rejection.status == StatusCode::BadRequest;
  return rejection.reject_field(malformed ? StatusCode::BadRequest : status, pairs.in, pointer, code, message);
}

bool refuse(const PairText& pairs, Rejection& rejection, std::string_view name, const Unfit& unfit) {
  return refuse(pairs, rejection, pairs.unfit, name, unfit.code, unfit.why);
}

bool refuse_repeated(const PairText& pairs, Rejection& rejection, std::string_view name) {
  return refuse(pairs, rejection, StatusCode::BadRequest, name, "repeated", "is given more than once");
}

bool decode(const PairText& pairs, const url::QueryPair& pair, std::string_view name, std::string& text,
            Rejection& rejection) {
  Result<std::string> value = pair.decoded_value();
  if (!value || !text::is_utf8(*value)) {
    return refuse(pairs, rejection, StatusCode::BadRequest, name, "encoding", "is not encoded UTF-8");
  }
  text = *std::move(value);
  return true;
}

bool too_many(const PairText& pairs, Rejection& rejection) {
  std::string detail("the ");
  return rejection.reject(StatusCode::BadRequest, detail.append(pairs.in).append(" has too many pairs"));
}

/// The list behind optional and rules, or nullptr where there is a single value.
const reflect::SequenceDescriptor* sequence_in(const reflect::Descriptor& type, void*& value) {
  if (type.kind == Kind::Sequence) return &as<reflect::SequenceDescriptor>(type);
  if (type.kind == Kind::Checked) return sequence_in(*as<reflect::CheckedDescriptor>(type).inner, value);
  if (type.kind == Kind::Optional) {
    const auto& optional = as<reflect::OptionalDescriptor>(type);
    void* inside = value;
    if (optional.inner->kind != Kind::Sequence) return nullptr;
    inside = optional.presence(value) == reflect::Presence::Value ? const_cast<void*>(optional.get(value))
                                                                  : optional.emplace(value);
    value = inside;
    return &as<reflect::SequenceDescriptor>(*optional.inner);
  }
  return nullptr;
}

bool append(const reflect::SequenceDescriptor& type, void* list, std::string_view text, Unfit& unfit) {
  void* slot = type.append(list);
  const bool read = read_text(*type.element, slot, text, unfit);
  if (type.commit != nullptr) {
    read ? type.commit(list, slot) : type.discard(slot);
  }
  return read;
}

/// Rules of a whole list, once it is complete.
bool check_rules(const reflect::Descriptor& type, const void* value, std::string& why) {
  if (type.kind != Kind::Checked) return true;
  for (const reflect::Rule& rule : as<reflect::CheckedDescriptor>(type).rules) {
    if (rule.holds != nullptr && !rule.holds(value)) return why = reflect::expectation(rule), false;
  }
  return true;
}

/// What the struct itself has against its values.
bool check_together(const PairText& pairs, const reflect::StructDescriptor& table, const void* object,
                    Rejection& rejection) {
  reflect::Violations wrong(pairs.max_errors - rejection.fields.size());
  table.validate(object, wrong);
  bool good = true;
  for (reflect::Violation& violation : std::move(wrong).take(table, object)) {
    std::string_view rest = violation.pointer;
    std::string place = pairs.named == Named::ByPointer ? violation.pointer : reflect::take_step(rest);
    if (place.empty() && rejection.detail.empty()) rejection.detail = violation.message;
    good = rejection.reject_field(pairs.unfit, pairs.in, place, violation.code, violation.message);
  }
  return good;
}

}  // namespace

bool read_members(const PairText& pairs, const reflect::Descriptor& type, void* object, Rejection& rejection) {
  const auto& table = as<reflect::StructDescriptor>(type);
  std::array<const void*, reflect::StructDescriptor::kMaxFields> addresses;
  table.addresses(object, addresses.data());
  std::bitset<reflect::StructDescriptor::kMaxFields> seen(pairs.given);
  std::size_t count = 0;
  bool good = true;
  std::string text;
  url::QueryPairs walk(pairs.text);
  for (url::QueryPair pair; walk.next(pair);) {
    if (++count > pairs.max_pairs) return too_many(pairs, rejection);
    for (std::size_t i = 0; i < table.fields.size(); ++i) {
      const reflect::Field& field = table.fields[i];
      if (!pair.has_name(field.name)) continue;
      if (rejection.fields.size() >= pairs.max_errors) return false;
      void* value = const_cast<void*>(addresses[i]);
      const reflect::SequenceDescriptor* list = sequence_in(*field.type, value);
      Unfit unfit;
      if (seen[i] && list == nullptr) {
        good = refuse_repeated(pairs, rejection, field.name);
      } else if (!decode(pairs, pair, field.name, text, rejection)) {
        good = false;
      } else if (list != nullptr) {
        if (!seen[i]) list->clear(value);
        if (!append(*list, value, text, unfit)) good = refuse(pairs, rejection, field.name, unfit);
      } else if (!read_text(*field.type, value, text, unfit)) {
        good = refuse(pairs, rejection, field.name, unfit);
      }
      seen.set(i);
      break;
    }
  }
  for (std::size_t i = 0; i < table.fields.size() && rejection.fields.size() < pairs.max_errors; ++i) {
    const reflect::Field& field = table.fields[i];
    void* value = const_cast<void*>(addresses[i]);
    std::string why;
    if (seen[i] && sequence_in(*field.type, value) != nullptr) {
      if (!check_rules(*field.type, addresses[i], why)) {
        good = refuse(pairs, rejection, pairs.unfit, field.name, json::codes::kRule, why);
      }
    } else if (!seen[i] && field.type->kind != Kind::Sequence && !reflect::may_be_absent(table, i)) {
      good = refuse(pairs, rejection, pairs.unfit, field.name, json::codes::kRequired, "is missing");
    }
  }
  if (!good || table.validate == nullptr || !rejection.fields.empty()) return good;
  return check_together(pairs, table, object, rejection);
}

bool read_only_value(const PairText& pairs, std::string_view name, std::string& text, Rejection& rejection) {
  bool found = false;
  std::size_t count = 0;
  url::QueryPairs walk(pairs.text);
  for (url::QueryPair pair; walk.next(pair);) {
    if (++count > pairs.max_pairs) return too_many(pairs, rejection);
    if (!pair.has_name(name)) continue;
    if (found) return refuse_repeated(pairs, rejection, name);
    if (!decode(pairs, pair, name, text, rejection)) return false;
    found = true;
  }
  return found || rejection.reject_missing(pairs.in, name);
}

}  // namespace rondeau::extract
