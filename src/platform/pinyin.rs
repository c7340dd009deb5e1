//! Pinyin from the browser's own knowledge: its Chinese collation orders characters by pinyin, so how a character is read
//! is told by which syllables' first characters it lies between.

use js_sys::{Array, Function, Intl, Object};
use std::collections::HashMap;
use wasm_bindgen::{JsCast, JsValue};

/// Every syllable, without its tone, with its first character in the pinyin order of Unicode's CLDR. One after the other;
/// ü is written v, as it is typed.
const FIRST: &str = "\
    a吖ai哎an安ang肮ao凹ba丷bai挀ban扳bang邦bao勹bei卑ben奔beng伻bi屄bian边biao灬bie憋bin汃bing冫bo癶bu峬 \
    ca嚓cai偲can参cang仓cao撡ce冊cen嵾ceng曽cha叉chai芆chan辿chang伥chao抄che车chen抻cheng阷chi吃chong充 \
    chou抽chu出chua歘chuai揣chuan踹chuang刅chui吹chun旾chuo逴ci呲cong匆cou凑cu粗cuan汆cui崔cun邨cuo搓da咑 \
    dai呆dan丹dang当dao刀de嘚den扥deng灯di氐dian嗲diao刁die爹ding丁diu丟dong东dou吺du厾duan耑dui垖dun吨duo多 \
    e妸ei诶en奀eng鞥er儿fa发fan帆fang匚fei飞fen分feng丰fiao覅fo仏fou紑fu夫ga旮gai侅gan甘gang冈gao皋ge戈gei给 \
    gen根geng刯gong工gou勾gu估gua瓜guai乖guan关guang光gui归gun丨guo呙ha哈hai咍han佄hang夯hao茠he诃hei黒hen拫 \
    heng亨hm噷hong叿hou齁hu乎hua花huai怀huan欢huang巟hui灰hun昏huo吙ji丌jia加jian戋jiang江jiao艽jie阶jin巾 \
    jing坕jiong冂jiu丩ju凥juan姢jue噘jun军ka咔kai开kan刊kang忼kao尻ke匼ken肎keng劥kong空kou抠ku扝kua夸kuai蒯 \
    kuan宽kuang匡kui亏kun坤kuo扩la垃lai来lan兰lang啷lao捞le仂lei勒leng崚li哩lia俩lian奁liang良liao撩lie毟 \
    lin拎ling伶liu溜lo囖long龙lou瞜lu噜lv驴luan娈lve掠lun抡luo啰m呣ma妈mai埋man嫚mang牤mao猫me嚒mei呅men椚 \
    meng擝mi咪mian宀miao喵mie乜min民ming名miu谬mo摸mou麿mu毪na拏nai腉nan囡nang囔nao孬ne疒nei娞nen恁neng能 \
    ni嗯nian拈niang娘niao鸟nie捏nin囜ning宁niu妞nong农nou羺nu奴nv女nuan奻nve疟nun黁nuo郍o喔ou讴pa妑pai拍 \
    pan眅pang乓pao抛pei呸pen喷peng匉pi丕pian囨piao剽pie氕pin姘ping聘po钋pou剖pu仆qi七qia掐qian千qiang呛 \
    qiao悄qie苆qin亲qing靑qiong卭qiu丘qu区quan奍que炔qun夋ran呥rang穣rao娆re惹ren人reng扔ri日rong戎rou厹ru邚 \
    rua挼ruan堧rui婑run瞤ruo捼sa仨sai毢san三sang桒sao掻se閪sen森seng僧sha杀shai筛shan山shang伤shao弰she奢 \
    shen谁sheng升shi尸shou収shu书shua刷shuai衰shuan闩shuang双shui脽shun吮shuo说si厶song忪sou凁su苏suan狻 \
    sui夊sun孙suo唆ta他tai囼tan坍tang汤tao夲te忑teng熥ti剔tian天tiao旫tie帖ting厅tong囲tou偷tu凸tuan湍tui推 \
    tun吞tuo乇wa屲wai歪wan弯wang尢wei危wen昷weng翁wo挝wu乌xi夕xia呷xian仙xiang乡xiao灱xie些xin心xing星 \
    xiong凶xiu休xu吁xuan吅xue削xun坃ya丫yan恹yang央yao幺ye倻yi一yin囙ying应yo哟yong佣you优yu込yuan囦yue曰 \
    yun晕za帀zai災zan兂zang匨zao傮ze则zei贼zen怎zeng増zha扎zhai夈zhan枬zhang张zhao佋zhe蜇zhen贞zheng凧zhi之 \
    zhong中zhou州zhu朱zhua抓zhuai跩zhuan专zhuang妆zhui隹zhun宒zhuo拙zi乲zong宗zou邹zu租zuan钻zui厜zun尊zuo嘬";

/// Looks up syllables, each character once.
pub struct Syllables {
    compare: Function,
    first: Vec<(&'static str, char)>,
    known: HashMap<char, Option<&'static str>>,
}

impl Default for Syllables {
    fn default() -> Self {
        let locales = Array::of1(&"zh-Hans-u-co-pinyin".into());
        let collator = Intl::Collator::new(&locales, &Object::new());
        Self { compare: collator.compare(), first: first(), known: HashMap::new() }
    }
}

/// [`FIRST`], read.
fn first() -> Vec<(&'static str, char)> {
    let mut from = 0;
    let characters = FIRST.char_indices().filter(|(_, character)| !character.is_ascii());
    let pairs = characters.map(|(at, character)| {
        // A line that goes on in the next leaves a space.
        let syllable = FIRST[from..at].trim_start();
        from = at + character.len_utf8();
        (syllable, character)
    });
    pairs.collect()
}

impl Syllables {
    /// How a Chinese character is usually read, in lower case and without its tone; none for others.
    pub fn of(&mut self, character: char) -> Option<&'static str> {
        if !('\u{3400}'..='\u{2FFFF}').contains(&character) {
            return None;
        }
        if let Some(known) = self.known.get(&character) {
            return *known;
        }
        let at = self.first.partition_point(|(_, first)| self.order(*first, character) <= 0.0);
        let syllable = at.checked_sub(1).map(|at| self.first[at].0);
        self.known.insert(character, syllable);
        syllable
    }

    fn order(&self, a: char, b: char) -> f64 {
        let compare: &Function = self.compare.unchecked_ref();
        let order = compare.call2(&JsValue::UNDEFINED, &a.to_string().into(), &b.to_string().into());
        order.ok().and_then(|order| order.as_f64()).unwrap_or(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_syllables_are_in_their_order_and_each_has_a_character() {
        let first = first();
        assert_eq!(first.len(), 409);
        // Between lu and luan, nu and nuan; lüe and nüe as if they were written with u.
        let key = |syllable: &str| syllable.replace("ve", "ue").replace('v', "u\u{1}");
        assert!(first.windows(2).all(|two| key(two[0].0) < key(two[1].0)));
        let plain = |syllable: &str| syllable.bytes().all(|b| b.is_ascii_lowercase());
        assert!(first.iter().all(|(syllable, _)| plain(syllable) && (1..=6).contains(&syllable.len())));
    }
}
