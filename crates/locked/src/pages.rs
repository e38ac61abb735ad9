//! The pages themselves. All `unsafe` of the house is in this file.
#![cfg_attr(
    target_os = "linux",
    expect(unsafe_code, reason = "memory comes from the kernel by address, and memfd_secret(2) has no safe wrapper")
)]

/// The bytes of a chunk, without its guard pages: a multiple of each page size that Linux has.
pub(crate) const CHUNK_BYTES: usize = 128 << 10;

/// How far a chunk is kept from everybody else, from worst to best.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Protection {
    /// Memory like any other.
    None,
    /// Left out of core dumps, but swap may get it.
    Undumped,
    /// Left out of core dumps, and never swapped.
    Locked,
    /// As `Locked`, and taken from the kernel's own map: not even root can read it through `/proc/PID/mem` or a debugger.
    Unreadable,
}

/// A chunk of zeros for the rest of the process's life, the best that can be had; `None` if the system has no memory.
#[cfg(target_os = "linux")]
pub(crate) fn map() -> Option<(&'static mut [u8], Protection)> {
    linux::secret().map(|chunk| (chunk, Protection::Unreadable)).or_else(linux::ordinary)
}

/// Elsewhere there is no way to keep pages out of dumps.
#[cfg(not(target_os = "linux"))]
pub(crate) fn map() -> Option<(&'static mut [u8], Protection)> {
    Some((Box::leak(vec![0; CHUNK_BYTES].into_boxed_slice()), Protection::None))
}

#[cfg(target_os = "linux")]
mod linux {
    use super::{CHUNK_BYTES, Protection};
    use rustix::mm::{Advice, MapFlags, MprotectFlags, ProtFlags, madvise, mlock, mmap, mmap_anonymous, mprotect};
    use std::ffi::{c_long, c_void};
    use std::os::fd::{FromRawFd, OwnedFd};
    use std::ptr::null_mut;

    /// <https://man7.org/linux/man-pages/man2/memfd_secret.2.html>. The same number on every architecture that has it.
    const MEMFD_SECRET: c_long = 447;

    /// A chunk of pages that the kernel itself has no map of: locked, in no dump, readable by this process only. `None` before Linux 5.14,
    /// where it is switched off, and beyond the limit on locked memory.
    pub(super) fn secret() -> Option<&'static mut [u8]> {
        let file = memfd_secret()?;
        rustix::fs::ftruncate(&file, mapped_bytes() as u64).ok()?;
        let access = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: the kernel chooses the place, so nothing is mapped over; the file is this function's own and nobody else can open it.
        let begin = unsafe { mmap(null_mut(), mapped_bytes(), access, MapFlags::SHARED, &file, 0) };
        guarded(begin.ok()?)
    }

    /// A chunk of private pages, left out of dumps, and locked if the limit allows it.
    pub(super) fn ordinary() -> Option<(&'static mut [u8], Protection)> {
        let access = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: the kernel chooses the place, so nothing is mapped over.
        let begin = unsafe { mmap_anonymous(null_mut(), mapped_bytes(), access, MapFlags::PRIVATE) };
        let chunk = guarded(begin.ok()?)?;
        let place = chunk.as_mut_ptr().cast::<c_void>();
        // SAFETY: the advice is about this chunk and changes no byte of it.
        let undumped = unsafe { madvise(place, CHUNK_BYTES, Advice::LinuxDontDump) };
        // SAFETY: the chunk is mapped, and locking changes no byte of it.
        let locked = unsafe { mlock(place, CHUNK_BYTES) };
        let protection = match (undumped, locked) {
            (Ok(()), Ok(())) => Protection::Locked,
            (Ok(()), Err(_)) => Protection::Undumped,
            (Err(_), _) => Protection::None,
        };
        Some((chunk, protection))
    }

    /// The chunk between the first page and the last, which become impassable; a child does not inherit it.
    fn guarded(begin: *mut c_void) -> Option<&'static mut [u8]> {
        let (page, chunk) = (rustix::param::page_size(), begin.wrapping_byte_add(rustix::param::page_size()));
        let none = MprotectFlags::empty();
        // SAFETY: the first page of a mapping that nobody has a reference into yet.
        unsafe { mprotect(begin, page, none) }.ok()?;
        // SAFETY: the last page of the same mapping.
        unsafe { mprotect(chunk.wrapping_byte_add(CHUNK_BYTES), page, none) }.ok()?;
        // SAFETY: as above; what a child of this process has there is its own matter, and this process has no child that runs its code.
        unsafe { madvise(chunk, CHUNK_BYTES, Advice::LinuxDontFork) }.ok()?;
        // SAFETY: `CHUNK_BYTES` bytes behind the first page of a mapping of `mapped_bytes()`: readable, writable, zero, aligned for bytes,
        // never unmapped, and given out by this function only, once for each mapping.
        Some(unsafe { std::slice::from_raw_parts_mut(chunk.cast(), CHUNK_BYTES) })
    }

    fn memfd_secret() -> Option<OwnedFd> {
        // SAFETY: the call takes one number and touches no memory of this process.
        let file = unsafe { libc::syscall(MEMFD_SECRET, c_long::from(libc::O_CLOEXEC)) };
        let file = i32::try_from(file).ok().filter(|file| *file >= 0)?;
        // SAFETY: the kernel has just opened it, and nobody else has its number.
        Some(unsafe { OwnedFd::from_raw_fd(file) })
    }

    fn mapped_bytes() -> usize {
        CHUNK_BYTES + 2 * rustix::param::page_size()
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests that look at their own process")]

    use super::*;
    use std::io::{Read, Seek, SeekFrom};

    /// The flags of the mapping that has this address, and whether the two around it can be passed.
    fn mapping(address: usize) -> (Vec<String>, [String; 2]) {
        let text = std::fs::read_to_string("/proc/self/smaps").unwrap();
        let mut mappings: Vec<(usize, String, Vec<String>)> = Vec::new();
        for line in text.lines() {
            let mut words = line.split_whitespace();
            let first = words.next().unwrap();
            if let Some((begin, _)) = first.split_once('-') {
                let begin = usize::from_str_radix(begin, 16).unwrap();
                mappings.push((begin, words.next().unwrap().to_owned(), Vec::new()));
            } else if first == "VmFlags:" {
                mappings.last_mut().unwrap().2 = words.map(str::to_owned).collect();
            }
        }
        let place = mappings.iter().position(|(begin, ..)| *begin == address).unwrap();
        let around = [place - 1, place + 1].map(|place| mappings.get(place).unwrap().1.clone());
        (mappings.get(place).unwrap().2.clone(), around)
    }

    fn has(flags: &[String], flag: &str) -> bool {
        flags.iter().any(|one| one == flag)
    }

    #[test]
    fn a_chunk_of_private_pages_is_guarded_undumped_and_does_not_reach_a_child() {
        let (chunk, protection) = linux::ordinary().unwrap();
        chunk.fill(7);
        let (flags, around) = mapping(chunk.as_ptr() as usize);
        assert!(has(&flags, "dd") && has(&flags, "dc"), "{flags:?}");
        assert_eq!(has(&flags, "lo"), protection == Protection::Locked);
        assert_eq!(around, ["---p", "---p"]);
    }

    /// Skipped, aloud, where the kernel has no such pages.
    #[test]
    #[expect(clippy::print_stderr, reason = "it says what it could not try")]
    fn a_chunk_of_secret_pages_cannot_be_read_through_the_kernel() {
        let Some(chunk) = linux::secret() else {
            eprintln!("memfd_secret(2) is not to be had here");
            return;
        };
        chunk.fill(7);
        let (flags, around) = mapping(chunk.as_ptr() as usize);
        assert!(has(&flags, "dd") && has(&flags, "lo") && has(&flags, "dc"), "{flags:?}");
        assert_eq!(around, ["---s", "---s"]);
        let mut memory = std::fs::File::open("/proc/self/mem").unwrap();
        let mut read = |address: *const u8| {
            memory.seek(SeekFrom::Start(address as u64)).unwrap();
            memory.read_exact(&mut [0; 8]).is_ok()
        };
        assert!(read(Box::leak(vec![7; 8].into_boxed_slice()).as_ptr()), "what the test looks with is not blind");
        assert!(!read(chunk.as_ptr()));
    }
}
