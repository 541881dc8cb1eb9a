// SetHeader: one field on every answer.
#pragma once

#include <string>
#include <utility>

#include <rondeau/base/result.h>
#include <rondeau/handler/layer.h>
#include <rondeau/http/headers.h>

namespace rondeau::middleware {

/// Sets `name: value` on every answer. A field that cannot be sent makes the answer faulty, that is, a 500.
class SetHeader {
 public:
  enum class When { Always, IfAbsent };

  SetHeader(std::string_view name, std::string value, When when = When::Always)
      : field_(http::PreparedField::make(name, std::move(value))), when_(when) {}

  void after(const http::Request&, http::Response& response) const {
    if (!field_) return response.set_fault(field_.error());
    if (when_ == When::IfAbsent && response.headers().contains(field_->name())) return;
    response.headers().set(*field_);
  }

 private:
  Result<http::PreparedField> field_;
  When when_;
};

}  // namespace rondeau::middleware
