//! What computing with a key leaves in the processor: vector registers, through which bytes are copied, hashed and encrypted. A thread that
//! goes to sleep keeps them, and a core dump has them for each thread.
#![cfg_attr(
    any(target_arch = "x86_64", target_arch = "aarch64"),
    expect(unsafe_code, reason = "no language but the machine's own names registers")
)]

/// Clears the vector registers: to be called where something was computed with a key. A few nanoseconds. Not inlined, so that to the
/// compiler all of them are lost in it, as in any call.
#[inline(never)]
#[cfg(target_arch = "x86_64")]
pub fn sweep() {
    use std::arch::{asm, is_x86_feature_detected};
    if !is_x86_feature_detected!("avx") {
        // SAFETY: clears registers that are declared as lost.
        unsafe {
            asm!(
                "xorps xmm0, xmm0",
                "xorps xmm1, xmm1",
                "xorps xmm2, xmm2",
                "xorps xmm3, xmm3",
                "xorps xmm4, xmm4",
                "xorps xmm5, xmm5",
                "xorps xmm6, xmm6",
                "xorps xmm7, xmm7",
                "xorps xmm8, xmm8",
                "xorps xmm9, xmm9",
                "xorps xmm10, xmm10",
                "xorps xmm11, xmm11",
                "xorps xmm12, xmm12",
                "xorps xmm13, xmm13",
                "xorps xmm14, xmm14",
                "xorps xmm15, xmm15",
                clobber_abi("C"),
                options(nomem, nostack, preserves_flags),
            );
        }
        return;
    }
    // SAFETY: the processor has the instruction; it clears registers that are declared as lost.
    unsafe { asm!("vzeroall", clobber_abi("C"), options(nomem, nostack, preserves_flags)) };
    if is_x86_feature_detected!("avx512f") {
        // SAFETY: as above, for the registers that only AVX-512 has: glibc copies through them.
        unsafe {
            asm!(
                "vpxord zmm16, zmm16, zmm16",
                "vpxord zmm17, zmm17, zmm17",
                "vpxord zmm18, zmm18, zmm18",
                "vpxord zmm19, zmm19, zmm19",
                "vpxord zmm20, zmm20, zmm20",
                "vpxord zmm21, zmm21, zmm21",
                "vpxord zmm22, zmm22, zmm22",
                "vpxord zmm23, zmm23, zmm23",
                "vpxord zmm24, zmm24, zmm24",
                "vpxord zmm25, zmm25, zmm25",
                "vpxord zmm26, zmm26, zmm26",
                "vpxord zmm27, zmm27, zmm27",
                "vpxord zmm28, zmm28, zmm28",
                "vpxord zmm29, zmm29, zmm29",
                "vpxord zmm30, zmm30, zmm30",
                "vpxord zmm31, zmm31, zmm31",
                clobber_abi("C"),
                options(nomem, nostack, preserves_flags),
            );
        }
    }
}

/// Clears the vector registers, but for v8 to v15, of which a callee keeps a half for its caller.
#[inline(never)]
#[cfg(target_arch = "aarch64")]
pub fn sweep() {
    // SAFETY: clears registers that are declared as lost.
    unsafe {
        std::arch::asm!(
            "movi v0.2d, #0",
            "movi v1.2d, #0",
            "movi v2.2d, #0",
            "movi v3.2d, #0",
            "movi v4.2d, #0",
            "movi v5.2d, #0",
            "movi v6.2d, #0",
            "movi v7.2d, #0",
            "movi v16.2d, #0",
            "movi v17.2d, #0",
            "movi v18.2d, #0",
            "movi v19.2d, #0",
            "movi v20.2d, #0",
            "movi v21.2d, #0",
            "movi v22.2d, #0",
            "movi v23.2d, #0",
            "movi v24.2d, #0",
            "movi v25.2d, #0",
            "movi v26.2d, #0",
            "movi v27.2d, #0",
            "movi v28.2d, #0",
            "movi v29.2d, #0",
            "movi v30.2d, #0",
            "movi v31.2d, #0",
            clobber_abi("C"),
            options(nomem, nostack, preserves_flags),
        );
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
pub fn sweep() {}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;
    use std::arch::asm;
    use std::hint::black_box;

    static MARK: [u8; 16] = [0xA7; 16];

    #[test]
    fn what_was_left_in_a_register_is_swept() {
        let is_left = |between: fn()| {
            let mut bytes = black_box([0_u8; 16]);
            // SAFETY: loads 16 bytes that are there into a register that is declared as lost.
            unsafe { asm!("movups xmm13, [{}]", in(reg) MARK.as_ptr(), out("xmm13") _, options(nostack, readonly)) };
            between();
            // SAFETY: stores 16 bytes where there is room for them.
            unsafe { asm!("movups [{}], xmm13", in(reg) bytes.as_mut_ptr(), options(nostack)) };
            bytes == MARK
        };
        assert!(is_left(|| ()), "what the test looks with is not blind");
        assert!(!is_left(sweep));
    }
}
