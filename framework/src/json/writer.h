// Walks a value along its descriptor and writes it down.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include <rondeau/reflect/descriptor.h>

#include "json/output.h"

namespace rondeau::json {

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  /// False: failure() says why, and `out` holds a beginning.
  bool value(const reflect::Descriptor& type, const void* address);
  /// The free-form part, in document_writer.cpp.
  bool document(const nlohmann::json& document);

  void flush() { out_.flush(); }
  /// "/links/0/rate: NaN has no JSON form".
  std::string failure() const { return failure_->path.empty() ? failure_->why : failure_->path + ": " + failure_->why; }

 private:
  static constexpr std::size_t kMaxDepth = 512;

  struct Elements;

  bool structure(const reflect::StructDescriptor& type, const void* address);
  bool sequence(const reflect::SequenceDescriptor& type, const void* address);
  bool tuple(const reflect::TupleDescriptor& type, const void* address);
  bool map(const reflect::MapDescriptor& type, const void* address);
  bool optional(const reflect::OptionalDescriptor& type, const void* address);
  bool variant(const reflect::VariantDescriptor& type, const void* address);
  bool converted(const reflect::ConvertedDescriptor& type, const void* address);
  bool enumerator(const reflect::EnumDescriptor& type, const void* address);
  bool text(const reflect::TextDescriptor& type, const void* address);
  bool members(const reflect::StructDescriptor& type, const void* address, bool first);

  void signed_number(const void* address, std::size_t size);
  void unsigned_number(const void* address, std::size_t size);
  bool floating(const void* address, std::size_t size);
  template <class Number>
  void number(Number value);
  bool floating_number(double value);
  bool floating_number(float value);

  bool deeper();
  bool fail(std::string_view why);
  /// The failure came from below `step`; false.
  bool under(std::string_view step);

  Output out_;
  std::size_t depth_ = 0;
  struct Failure {
    std::string path;  // grown from its end while the walk returns
    std::string why;
  };
  std::unique_ptr<Failure> failure_;
};

}  // namespace rondeau::json
