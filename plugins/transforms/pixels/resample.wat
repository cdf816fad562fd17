;; The two passes of resample.ts, four values at a time. `npm run wat` puts the compiled module into resample-module.ts.
;;
;; A filter is a row of 32-bit numbers for every output position, `stride` bytes apart: where it begins in the input, in
;; bytes; how many bytes its weights take; the weights, 2^22 standing for 1. Sixteen bytes behind what is read and written
;; must be there: they are touched, and not used.
(module
  (memory (export "memory") 1)

  ;; Along each of `height` rows of `rowBytes`: three channels of a pixel at a time, with a fourth that is overwritten.
  (func (export "rows")
    (param $from i32) (param $rowBytes i32) (param $height i32) (param $to i32) (param $width i32)
    (param $filter i32) (param $stride i32)
    (local $position i32) (local $pixel i32) (local $weight i32) (local $end i32) (local $last i32)
    (local $sum v128)
    (loop $row
      (local.set $position (local.get $filter))
      (local.set $last (i32.add (local.get $to) (i32.mul (local.get $width) (i32.const 3))))
      (loop $column
        (local.set $pixel (i32.add (local.get $from) (i32.load (local.get $position))))
        (local.set $weight (i32.add (local.get $position) (i32.const 8)))
        (local.set $end (i32.add (local.get $weight) (i32.load offset=4 (local.get $position))))
        (local.set $sum (v128.const i32x4 0x200000 0x200000 0x200000 0x200000))
        (loop $tap
          (local.set $sum (i32x4.add (local.get $sum) (i32x4.mul
            (v128.load32_splat (local.get $weight))
            (i32x4.extend_low_i16x8_u (i16x8.extend_low_i8x16_u (v128.load32_zero (local.get $pixel)))))))
          (local.set $pixel (i32.add (local.get $pixel) (i32.const 3)))
          (local.set $weight (i32.add (local.get $weight) (i32.const 4)))
          (br_if $tap (i32.lt_u (local.get $weight) (local.get $end))))
        (local.set $sum (i32x4.shr_s (local.get $sum) (i32.const 22)))
        (local.set $sum (i16x8.narrow_i32x4_s (local.get $sum) (local.get $sum)))
        (v128.store32_lane 0 (local.get $to) (i8x16.narrow_i16x8_u (local.get $sum) (local.get $sum)))
        (local.set $to (i32.add (local.get $to) (i32.const 3)))
        (local.set $position (i32.add (local.get $position) (local.get $stride)))
        (br_if $column (i32.lt_u (local.get $to) (local.get $last))))
      (local.set $from (i32.add (local.get $from) (local.get $rowBytes)))
      (local.set $height (i32.sub (local.get $height) (i32.const 1)))
      (br_if $row (local.get $height))))

  ;; Down the columns, into `height` rows of `rowBytes`: sixteen columns at a time; what is too much is overwritten by the next row.
  (func (export "columns")
    (param $from i32) (param $rowBytes i32) (param $to i32) (param $height i32)
    (param $filter i32) (param $stride i32)
    (local $column i32) (local $byte i32) (local $weight i32) (local $end i32)
    (local $bytes v128) (local $low v128) (local $high v128) (local $factor v128)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (loop $row
      (local.set $end (i32.add (i32.add (local.get $filter) (i32.const 8)) (i32.load offset=4 (local.get $filter))))
      (local.set $column (i32.const 0))
      (loop $columns
        (local.set $byte (i32.add (i32.add (local.get $from) (i32.load (local.get $filter))) (local.get $column)))
        (local.set $weight (i32.add (local.get $filter) (i32.const 8)))
        (local.set $a (v128.const i32x4 0x200000 0x200000 0x200000 0x200000))
        (local.set $b (local.get $a))
        (local.set $c (local.get $a))
        (local.set $d (local.get $a))
        (loop $tap
          (local.set $factor (v128.load32_splat (local.get $weight)))
          (local.set $bytes (v128.load (local.get $byte)))
          (local.set $low (i16x8.extend_low_i8x16_u (local.get $bytes)))
          (local.set $high (i16x8.extend_high_i8x16_u (local.get $bytes)))
          (local.set $a (i32x4.add (local.get $a) (i32x4.mul (local.get $factor) (i32x4.extend_low_i16x8_u (local.get $low)))))
          (local.set $b (i32x4.add (local.get $b) (i32x4.mul (local.get $factor) (i32x4.extend_high_i16x8_u (local.get $low)))))
          (local.set $c (i32x4.add (local.get $c) (i32x4.mul (local.get $factor) (i32x4.extend_low_i16x8_u (local.get $high)))))
          (local.set $d (i32x4.add (local.get $d) (i32x4.mul (local.get $factor) (i32x4.extend_high_i16x8_u (local.get $high)))))
          (local.set $byte (i32.add (local.get $byte) (local.get $rowBytes)))
          (local.set $weight (i32.add (local.get $weight) (i32.const 4)))
          (br_if $tap (i32.lt_u (local.get $weight) (local.get $end))))
        (v128.store (i32.add (local.get $to) (local.get $column)) (i8x16.narrow_i16x8_u
          (i16x8.narrow_i32x4_s (i32x4.shr_s (local.get $a) (i32.const 22)) (i32x4.shr_s (local.get $b) (i32.const 22)))
          (i16x8.narrow_i32x4_s (i32x4.shr_s (local.get $c) (i32.const 22)) (i32x4.shr_s (local.get $d) (i32.const 22)))))
        (local.set $column (i32.add (local.get $column) (i32.const 16)))
        (br_if $columns (i32.lt_u (local.get $column) (local.get $rowBytes))))
      (local.set $to (i32.add (local.get $to) (local.get $rowBytes)))
      (local.set $filter (i32.add (local.get $filter) (local.get $stride)))
      (local.set $height (i32.sub (local.get $height) (i32.const 1)))
      (br_if $row (local.get $height)))))
