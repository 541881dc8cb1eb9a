#include <rondeau/detail/permits.h>

#include "sync/permits_inl.h"

namespace rondeau::detail {

template class BasicPermits<StdAtomics>;

}  // namespace rondeau::detail
